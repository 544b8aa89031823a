"""kill -9 during a pull, pulled by the far side: the shop acts, then kills our process before it answers.

The next run must end with nothing lost, nothing doubled, everything acknowledged.
"""

import signal
from collections.abc import Iterator

import pytest
from django.core.management import CommandError
from django.utils import timezone

from orders.models import ExportSequence, Order
from orders.pull import pull
from stores.models import PullCursor, Store
from stores.sandbox import SandboxStore, serve
from stores.sandbox.workflows import PROCESS_ACKNOWLEDGEMENT
from tests.crash.killing import asked, killed_at, nth
from tests.factories import store_of
from tests.portal import Portal

LOAD, ACKNOWLEDGE = "QueueOrderList_Load_Query", "OrderList_Acknowledge"
ORDERS, PAGE = 8, 3


@pytest.fixture
def shop() -> SandboxStore:
    """A shop with a few pages of orders, all of them paid."""
    shop = SandboxStore(seed=3)
    while len(shop.queues["new_and_updated"]) < ORDERS:
        shop.place_order()
    return shop


@pytest.fixture
def store(portal: Portal, shop: SandboxStore) -> Iterator[Store]:
    """The shop, served and connected, pulled in small pages."""
    with serve(shop) as server:
        yield store_of(shop, server, page_size=PAGE)


MOMENTS = {
    "the first page was built": (LOAD, 1),
    "the first page was acknowledged": (ACKNOWLEDGE, 1),
    "the second page was built": (LOAD, 2),
    "the last page was acknowledged": (ACKNOWLEDGE, 3),
}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
def test_after_a_kill_the_next_pull_ends_with_each_order_once(
    portal: Portal, shop: SandboxStore, store: Store, moment: tuple[str, int]
) -> None:
    everything = set(shop.queues["new_and_updated"])
    killed = killed_at(portal, shop, nth(*moment), "pull_store", store.slug)
    assert killed.returncode == -signal.SIGKILL

    the_lease_runs_out(store)
    pull(store)

    assert_nothing_lost_nothing_doubled(shop, store, everything)


def test_after_a_kill_between_commit_and_acknowledgement_the_orders_come_again_without_harm(
    portal: Portal, shop: SandboxStore, store: Store
) -> None:
    everything = set(shop.queues["new_and_updated"])
    shop.workflows.discard(PROCESS_ACKNOWLEDGEMENT)  # the acknowledgement is lost on its way
    killed = killed_at(portal, shop, nth(ACKNOWLEDGE, 1), "pull_store", store.slug)
    shop.workflows.add(PROCESS_ACKNOWLEDGEMENT)
    assert killed.returncode == -signal.SIGKILL
    assert Order.objects.of(store).count() == PAGE
    assert set(shop.queues["new_and_updated"]) == everything

    the_lease_runs_out(store)
    counts = asked("pull_store", store.slug)

    assert (counts["new"], counts["unchanged"]) == (ORDERS - PAGE, PAGE)
    assert_nothing_lost_nothing_doubled(shop, store, everything)


def test_a_killed_pull_bars_the_store_for_five_minutes_at_most(
    portal: Portal, shop: SandboxStore, store: Store
) -> None:
    killed_at(portal, shop, nth(LOAD, 1), "pull_store", store.slug)
    with pytest.raises(CommandError, match="being pulled"):
        asked("pull_store", store.slug)
    left = PullCursor.objects.get(store=store).leased_until - timezone.now()
    assert left.total_seconds() <= 300


def the_lease_runs_out(store: Store) -> None:
    """Let five minutes pass for the killed process's lease."""
    assert PullCursor.objects.filter(store=store, leased_until__gt=timezone.now()).update(
        leased_until=timezone.now()
    )


def assert_nothing_lost_nothing_doubled(shop: SandboxStore, store: Store, everything: set[int]) -> None:
    """Every order is here once, in a sequence without holes, and the shop has nothing left to give."""
    rows = Order.objects.of(store)
    assert sorted(rows.values_list("miva_id", flat=True)) == sorted(everything)
    assert sorted(rows.values_list("export_number", flat=True)) == list(range(1, ORDERS + 1))
    assert ExportSequence.objects.get(store=store).last_number == ORDERS
    assert not shop.queues["new_and_updated"]
    assert set(shop.queues["successfully_retrieved_orders"]) == everything
