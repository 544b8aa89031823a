"""Which custom order fields a store has: Miva is asked once a day, and when somebody presses the button."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from orders import jobs
from orders.jobs import JobLease, Outcome
from orders.models import CustomField, FieldDiscovery, Job
from orders.translate.custom_fields import QUEUES
from stores.audit import note
from stores.check import AT_THE_DESK
from stores.miva.client import MivaClient
from stores.models import Store
from stores.wires import miva_for

EACH = timedelta(days=1)


def plan(now: datetime) -> int:
    """Open the discovery of every active store whose last one is a day old, or which has none; returns how many."""
    active = Store.objects.active()
    new = [FieldDiscovery(store=store, not_before=now) for store in active.filter(fielddiscoverys=None)]
    FieldDiscovery.objects.bulk_create(new, ignore_conflicts=True, batch_size=1000)
    old = FieldDiscovery.objects.filter(store__in=active, finished_at__lte=now - EACH)
    return len(new) + old.exclude(state__in=jobs.OPEN).update(**opened(now))


def ask(store: Store) -> FieldDiscovery:
    """Open the store's discovery now; one that is under way stays as it is."""
    FieldDiscovery.objects.bulk_create([FieldDiscovery(store=store)], ignore_conflicts=True)
    rows = FieldDiscovery.objects.of(store)
    rows.exclude(state=Job.State.RUNNING).update(**opened(timezone.now()))
    row: FieldDiscovery = rows.get()
    note("ask for custom fields", store)
    return row


def ask_now(store: Store) -> int:
    """Ask Miva while somebody waits, and write down the answer; returns how many fields there are. Raises MivaError.

    For a store that is being connected: it is paused, and no job works for it yet.
    """
    asked_at = timezone.now()
    note("ask for custom fields", store)
    return record(store, miva_for(store, AT_THE_DESK).order_custom_fields(), asked_at)


def opened(now: datetime) -> dict[str, Any]:
    """Return what a row becomes that is to be worked on."""
    return {
        "state": Job.State.WAITING,
        "not_before": now,
        "nudged_at": None,
        "started_at": None,
        "finished_at": None,
    }


def work(row: FieldDiscovery) -> Outcome:
    """Ask Miva and write down the answer. Raises JobBusy, LeaseLost and MivaError as `jobs.work`."""
    return jobs.work(row, discover)


def discover(lease: JobLease, row: FieldDiscovery, client: MivaClient) -> Iterator[None]:
    """Ask, write down the answer, and be done: the job has no further pages."""
    asked_at = timezone.now()
    fields = client.order_custom_fields()
    lease.renew()
    record(row.store, fields, asked_at)
    yield from ()


def record(store: Store, fields: Iterable[Mapping[str, Any]], seen_at: datetime) -> int:
    """Write down the fields that Miva listed (Miva reference §11); returns how many. The queues are no fields.

    A field that Miva no longer lists stays, with the time when it was last seen: orders that are here may have it.
    """
    rows = {(row.module, row.code): row for each in fields if (row := field_of(store, each, seen_at))}
    CustomField.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["store", "module", "code"],
        update_fields=["name", "type", "group", "seen_at"],
    )
    return len(rows)


def field_of(store: Store, field: Mapping[str, Any], seen_at: datetime) -> CustomField | None:
    """Return the unsaved row of a listed field, None for a queue and for what has no code."""
    module = field.get("module")
    if not isinstance(module, Mapping):
        return None
    module_code, code = named(module, "code", 100), named(field, "code", 100)
    if not module_code or not code or module_code == QUEUES:
        return None
    return CustomField(
        store=store,
        module=module_code,
        code=code,
        name=named(field, "name", 255),
        type=named(field, "type", 60),
        group=named(module, "name", 255),
        seen_at=seen_at,
    )


def named(thing: Mapping[str, Any], member: str, longest: int) -> str:
    """Return a text of Miva's as the column takes it."""
    return str(thing.get(member) or "").replace("\0", "").strip()[:longest]
