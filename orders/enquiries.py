"""Asking Miva about an order that is not here: read-only, once, in a worker, whatever the store's pull is doing.

The order list is asked, never a queue: reading a queue runs the store's workflows and may take orders out of it (Miva reference
§9.1). Whether an order is in a queue is also one of its custom fields (§9.5).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from orders import backfill, jobs
from orders.content import number_of
from orders.models import Backfill, Enquiry, Job
from orders.prepare import moment, whole
from orders.spans import Span
from orders.translate.custom_fields import QUEUES
from stores.audit import note
from stores.cursors import LeaseLost, free
from stores.miva.client import MivaClient
from stores.miva.errors import MivaError
from stores.miva.paging import ListQuery, Where
from stores.models import Store
from stores.wires import miva_for

KEPT = timedelta(days=30)


def ask(store: Store, number: int, *, by: Any = None) -> Enquiry:
    """Write the question down, or return the open one about this number: a button may be pressed twice."""
    try:
        with transaction.atomic():
            enquiry: Enquiry = Enquiry.objects.create(store=store, number=number, created_by=by)
            note("ask Miva about an order", enquiry)
            return enquiry
    except IntegrityError:
        row: Enquiry | None = about(store, number).filter(state__in=jobs.OPEN).first()
        return row or ask(store, number, by=by)  # it was answered in this moment


def about(store: Store, number: int) -> QuerySet[Enquiry]:
    """Return what was asked about this number, the latest first."""
    rows: QuerySet[Enquiry] = Enquiry.objects.of(store).filter(number=number).order_by("-pk")
    return rows


def due(now: datetime) -> list[int]:
    """Return the questions that no worker has taken up, and note that the workers are told about them."""
    told = Q(nudged_at__isnull=True) | Q(nudged_at__lte=now - timedelta(minutes=1))
    rows = Enquiry.objects.filter(told, free(now), state__in=jobs.OPEN).order_by("pk")
    chosen = list(rows.values_list("pk", flat=True)[: jobs.AT_ONCE])
    Enquiry.objects.filter(pk__in=chosen).update(nudged_at=now)
    return chosen


def prune(now: datetime) -> int:
    """Forget old answers; returns how many."""
    return Enquiry.objects.filter(created_at__lt=now - KEPT).exclude(state__in=jobs.OPEN).delete()[0]


def work(enquiry: Enquiry) -> None:
    """Ask Miva and write down the answer, also that there was none: who asked sees it and may ask again.

    Raises JobBusy while another worker is at it, and LeaseLost.
    """
    lease = jobs.claim(enquiry)
    store = Store.objects.select_related("merchant").get(pk=enquiry.store_id)
    try:
        found = answer(miva_for(store, renew=lease.renew), store, enquiry.number)
    except MivaError as error:
        found = {"answer": Enquiry.Answer.UNREACHED, "problem": error.reason, "remedy": error.remedy}
    except LeaseLost:
        raise
    except BaseException:
        lease.release()
        raise
    lease.renew(**found, state=Job.State.DONE, finished_at=timezone.now())
    lease.release()


def answer(client: MivaClient, store: Store, number: int) -> dict[str, Any]:
    """Return the enquiry's fields: one question for the first order from this number on. Raises MivaError."""
    query = ListQuery((Where("id", "GE", number),), ondemand=("CustomField_Values:*",), count=1)
    rows = client.order_list(query).orders
    first = next((row for row in rows if number_of(row) is not None), None)
    if first is None:
        return {"answer": Enquiry.Answer.AHEAD}
    if number_of(first) != number:
        return {"answer": Enquiry.Answer.PASSED, "next_number": number_of(first)}
    return {
        "answer": Enquiry.Answer.EXISTS,
        "placed_at": moment(first.get("orderdate"), None),
        "updated_at": moment(first.get("dt_updated"), None),
        "miva_status": whole(first.get("status")),
        "queue_code": store.queue_code,
        "in_queue": is_in_queue(first, store.queue_code),
    }


def is_in_queue(order: Mapping[str, Any], queue_code: str) -> bool | None:
    """Return whether the order is in the queue, None where Miva does not tell: it has no such queue."""
    values = order.get("CustomField_Values")
    queues = values.get(QUEUES) if isinstance(values, Mapping) else None
    if not isinstance(queues, Mapping) or queue_code not in queues:
        return None
    return str(queues[queue_code]) == "1"


def fetch(enquiry: Enquiry, *, by: Any = None) -> Backfill:
    """Start the backfill of this one order, or return the one that is under way."""
    span = Span(first=enquiry.number, last=enquiry.number)
    row, _ = backfill.start_once(enquiry.store, span, estimated=1, by=by)
    Enquiry.objects.filter(pk=enquiry.pk).update(backfill=row)
    return row
