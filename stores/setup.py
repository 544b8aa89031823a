"""Connecting a store step by step: what the guided form of the console does, with the verbs that the command uses, too.

While it is being connected a store is paused, so that the clock leaves it alone until everything is entered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from stores import cursors
from stores.audit import note
from stores.check import AT_THE_DESK, check_store
from stores.connect import enter
from stores.miva.errors import MivaError
from stores.miva.functions import ACKNOWLEDGE_FUNCTION, QUEUE_FUNCTION
from stores.miva.paging import ListQuery, Where
from stores.miva.provision import queue_codes
from stores.models import Store, StoreSetup
from stores.pausing import set_pause
from stores.wires import miva_for

BEING_CONNECTED = "Being connected: the guided form is not finished."
LIST_FUNCTION = "OrderList_Load_Query"
BEYOND_TIME = 2**31 - 1  # a moment that no order has been changed at


@dataclass(frozen=True)
class Advice:
    """What is said about one strategy; `fits` is None while nobody knows."""

    strategy: Store.Strategy
    fits: bool | None
    reason: str


def begin(*, merchant: str, by: Any, **fields: Any) -> StoreSetup:
    """Create merchant (unless known by name) and store, paused, and the row that remembers the step. Raises ValidationError."""
    Store(**fields).clean()  # looks up the endpoint's name: not in the transaction
    with transaction.atomic():
        store = enter(merchant=merchant, paused_reason=BEING_CONNECTED, **fields)
        setup: StoreSetup = StoreSetup.objects.create(store=store, begun_by=by)
    return setup


def reach(setup: StoreSetup, step: int) -> None:
    """Note that a step was reached; who goes back stays as far as he was."""
    StoreSetup.objects.filter(pk=setup.pk, reached__lt=step).update(reached=step)


def look(setup: StoreSetup) -> None:
    """Ask Miva about every permission, its queues and its age, and keep the answers. Changes nothing in Miva."""
    store = setup.store
    setup.checks = [[check.name, check.ok, check.message] for check in check_store(store)]
    setup.queues, setup.knows_updates = [], None
    try:
        client = miva_for(store, AT_THE_DESK)
        setup.queues = queue_codes(client.order_custom_fields())
        # An older Miva ignores a condition on dt_updated without a word (Miva reference §7.9): then there are orders.
        impossible = ListQuery((Where("dt_updated", "GE", BEYOND_TIME),), count=1)
        setup.knows_updates = not client.order_list(impossible).total_count
    except MivaError:
        pass  # the lines of the check say what is wrong
    setup.checked_at = timezone.now()
    setup.save(update_fields=["checks", "queues", "knows_updates", "checked_at"])


def advise(setup: StoreSetup) -> list[Advice]:
    """Return what speaks for or against each strategy, by what the last check found; the best comes first."""
    granted = {name: ok for name, ok, _ in setup.checks}
    queues, lists = granted.get(QUEUE_FUNCTION), granted.get(LIST_FUNCTION)
    acknowledges = granted.get(ACKNOWLEDGE_FUNCTION)
    has_queue = bool(setup.queues)
    reads = has_queue if queues else queues
    found = [
        Advice(Store.Strategy.QUEUE_ACK, both(reads, acknowledges), queue_words(setup, granted)),
        Advice(Store.Strategy.UPDATED, both(setup.knows_updates, lists), updates_words(setup.knows_updates)),
        Advice(
            Store.Strategy.QUEUE,
            reads,
            "Works without acknowledging; an answer that is lost on the way is gone from the queue.",
        ),
        Advice(Store.Strategy.DATE, lists, "Finds new orders only; changed orders do not come again."),
        Advice(
            Store.Strategy.NUMBER,
            lists,
            "The last resort: new orders by number, changes only within the overlap.",
        ),
    ]
    return sorted(found, key=lambda advice: advice.fits is not True)


def both(one: bool | None, other: bool | None) -> bool | None:
    """Return whether both hold; None when that is not known."""
    return None if one is None or other is None else one and other


def queue_words(setup: StoreSetup, granted: Mapping[str, bool | None]) -> str:
    """Return what is said about the queue with acknowledgement."""
    if granted.get(QUEUE_FUNCTION) is None:
        return "Check the permissions first, until the token is accepted: then it shows whether the store has a queue."
    if not setup.queues:
        return "Miva lists no order queue: enable its order workflows first (Order Workflows → Queues)."
    names = ", ".join(setup.queues)
    if not granted.get(ACKNOWLEDGE_FUNCTION):
        return (
            f"The store has the queue {names}, but the token may not acknowledge: add {ACKNOWLEDGE_FUNCTION}."
        )
    return (
        f"The store has the queue {names}, and the token may acknowledge: nothing can be lost on the way. Three workflows must "
        'be enabled in Miva: "Process New & Updated Orders", "Process Retrieved Orders with Order Acknowledgement" and "Process '
        'Order Acknowledgement".'
    )


def updates_words(knows: bool | None) -> str:
    """Return what is said about the last update."""
    if knows is None:
        return "Needs Miva 10.03 or newer, which the check has not found out yet."
    return (
        "This Miva says when an order was changed: new and changed orders come, and no workflow is needed."
        if knows
        else "This Miva is older than 10.03 and does not say when an order was changed."
    )


def finish(setup: StoreSetup) -> None:
    """End the form's own pause, not one that somebody else has made since, and let the clock pull the store at once."""
    with transaction.atomic():
        if setup.store.paused_reason == BEING_CONNECTED:
            set_pause(setup.store, "")
        cursors.make_due([setup.store])
        note("first pull", setup.store)
        StoreSetup.objects.filter(pk=setup.pk).update(
            finished_at=timezone.now(), reached=StoreSetup.Step.PULL
        )
