"""Tasks carry ids and call one verb. Losing or doubling any of them changes nothing: the clock finds what is due."""

import logging
import time
from collections.abc import Callable
from typing import Any

from celery import Task, shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from orders import backfill, documents, enquiries, fields, hints, jobs, reconcile, rejudging
from orders.jobs import JobBusy, Outcome
from orders.models import Backfill, Enquiry, FieldDiscovery, Job, Order, Reconciliation
from orders.pull import pull
from orders.release import rejudge
from stores import cursors
from stores.cursors import LeaseLost, StoreBusy
from stores.miva.errors import MivaError
from stores.models import PullCursor, Store
from stores.nudges import heard, nudge, nudge_once

log = logging.getLogger(__name__)

SLICE = 30.0  # seconds that the clock gives one store before the next in line has its turn
TICK = 60.0  # seconds between two looks of the clock


@shared_task
def due_stores() -> int:
    """Knock once when stores are due. Returns how many are.

    The line that they stand in is the database's, longest waiting first. So there is one message, not one for each store:
    nothing piles up in the broker behind which a later store or other work would have to wait.
    """
    count = cursors.waiting(timezone.now()).count()
    if count:
        knock(time.time() + TICK)
    return count


@shared_task
def pull_next(until: float) -> None:
    """Pull the store that has waited longest, while the next free worker does the same with the one behind it.

    So one knock sets every worker there is to work. It is passed on until no store is due or, at the Unix time `until`, the
    clock has knocked anew: knocks do not add up while there is more to do than the workers can.
    """
    now = timezone.now()
    store_id = cursors.take(now) if now.timestamp() < until else None
    if store_id is not None:
        knock(until)
        pull_slice(store_id)


@shared_task
def pull_store(store_id: int) -> None:
    """Pull this store if it is due, whoever waits longer: a person asks for it."""
    served = Store.objects.served().filter(pk=store_id)
    if PullCursor.objects.filter(store__in=served, due_at__lte=timezone.now()).exists():
        pull_slice(store_id)


def pull_slice(store_id: int) -> None:
    """Pull a store for a slice of time; how it went is in its cursor. With more to come it stands at the end of the line again."""
    try:
        pull(Store.objects.select_related("merchant").get(pk=store_id), budget=SLICE)
    except (MivaError, StoreBusy, LeaseLost):
        return  # written down where support sees it, tried again by the clock
    if PullCursor.objects.filter(store=store_id, due_at__lte=timezone.now()).exists():
        knock(time.time() + TICK)


def knock(until: float) -> None:
    """Let a worker look which store has waited longest. Without a broker the clock's next knock does it."""
    nudge(pull_next, until)


@shared_task
def retry_held() -> int:
    """Judge held orders again, so that a corrected setting releases them by itself. Returns how many were released."""
    stores = (
        Store.objects.filter(pk__in=Order.objects.filter(state=Order.State.HELD).values("store"))
        .select_related("merchant")
        .order_by("?")
    )
    released = 0
    for store in stores:
        try:
            released += len(rejudge(store).updated)
        except SoftTimeLimitExceeded:
            raise
        except Exception:  # one store never stops the others
            log.exception("held orders of %s could not be judged again", store.slug)
    return released


@shared_task
def fetch_hints(store_id: int) -> None:
    """Fetch the orders that webhooks named; how it went is in the hints."""
    heard(fetch_hints, store_id)  # first: whatever is noted from here on sends a nudge of its own
    store = Store.objects.served().select_related("merchant").filter(pk=store_id).first()
    if store is None:
        return
    try:
        fetched = hints.fetch_hinted(store)
    except MivaError as error:
        log.warning("hinted orders of %s could not be fetched: %s", store.slug, error.reason)
        return
    if not fetched.finished:
        nudge_hints(store_id)


@shared_task
def sweep_hints() -> int:
    """Nudge the stores whose hints nobody fetched: the nudge was lost, a worker died, a wait is over. Returns how many."""
    ids = hints.hinted_stores(timezone.now())
    for store_id in ids:
        nudge_hints(store_id)
    return len(ids)


def nudge_hints(store_id: int) -> None:
    """Tell the workers about a store's hints."""
    nudge_once(fetch_hints, store_id)


BEHIND = 9  # Redis: a message of this priority is taken when no other one waits


@shared_task
def due_backfills() -> int:
    """Tell the workers which backfills are due. Returns how many."""
    return tell(Backfill, run_backfill)


@shared_task
def run_backfill(pk: int) -> None:
    """Do a slice of a backfill if it is still due; how it stands is in its row."""
    do_slice(Backfill, pk, backfill.work, run_backfill)


@shared_task
def due_reconciliations() -> int:
    """Give each store its next night, and tell the workers which comparisons are due. Returns how many."""
    reconcile.plan(timezone.now())
    return tell(Reconciliation, run_reconciliation)


@shared_task
def run_reconciliation(pk: int) -> None:
    """Do a slice of a comparison if it is still due; what it found is in its row."""
    do_slice(Reconciliation, pk, reconcile.work, run_reconciliation)


@shared_task
def prune_reconciliations() -> int:
    """Forget old results. Returns how many."""
    return reconcile.prune(timezone.now())


@shared_task
def due_field_discoveries() -> int:
    """Open each store's daily discovery, and tell the workers which are due. Returns how many."""
    fields.plan(timezone.now())
    return tell(FieldDiscovery, run_field_discovery)


@shared_task
def run_field_discovery(pk: int) -> None:
    """Ask Miva for a store's custom order fields if that is still due."""
    do_slice(FieldDiscovery, pk, fields.work, run_field_discovery)


@shared_task
def due_enquiries() -> int:
    """Tell the workers about questions that nobody took up: the nudge was lost, or a worker died. Returns how many."""
    chosen = enquiries.due(timezone.now())
    for pk in chosen:
        answer_enquiry.delay(pk)
    return len(chosen)


@shared_task
def answer_enquiry(pk: int) -> None:
    """Ask Miva about an order; the answer is in the enquiry."""
    row = Enquiry.objects.filter(pk=pk).first()
    if row is None:
        return
    try:
        enquiries.work(row)
    except (JobBusy, LeaseLost):
        return  # somebody else is at it, or it is answered


@shared_task
def prune_documents() -> int:
    """Forget what was given to desktops long ago."""
    return documents.prune(timezone.now())


@shared_task
def prune_enquiries() -> int:
    """Forget old answers. Returns how many."""
    return enquiries.prune(timezone.now())


@shared_task
def due_rejudgements() -> int:
    """Tell the workers whose settings were changed. Returns how many stores."""
    stores = rejudging.due(timezone.now())
    for store_id in stores:
        rejudge_store.delay(store_id)
    return len(stores)


@shared_task
def rejudge_store(store_id: int) -> None:
    """Judge a slice of the store's orders with its changed settings; when there is more, tell the workers again."""
    store = Store.objects.filter(pk=store_id).first()
    if store is not None and not rejudging.work(store, budget=SLICE):
        rejudge_store.apply_async((store_id,), priority=BEHIND)


def tell(model: type[Job], task: "Task[[int], None]") -> int:
    """Send a message for each due job, behind those of the regular pulls. Returns how many."""
    ids = jobs.due(model, timezone.now())
    for pk in ids:
        task.apply_async((pk,), priority=BEHIND)
    return len(ids)


def do_slice(model: type[Job], pk: int, work: Callable[[Any], Outcome], task: "Task[[int], None]") -> None:
    """Do a slice of a job; when there is more, tell the workers again: at once, or when the regular pull had its time."""
    job = model._default_manager.select_related("store__merchant").filter(pk=pk).first()
    if job is None or not jobs.is_due(job, timezone.now()):
        return
    try:
        outcome = work(job)
    except (MivaError, JobBusy, LeaseLost):
        return  # written down where support sees it, tried again by the clock
    if outcome in (Outcome.MORE, Outcome.GAVE_WAY):
        jobs.told(job)
        wait = jobs.STEP_BACK.total_seconds() + 1 if outcome is Outcome.GAVE_WAY else 0.0
        task.apply_async((pk,), priority=BEHIND, countdown=wait)
