"""From a hint to an order: fetched through the signed API, whatever is lost, late, doubled, forged or broken on the way."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from orders import hints
from orders.hints import THE_STORE, claim, fetch_hinted, hinted_stores, record
from orders.models import Order, OrderHint
from orders.pull import pull
from orders.tasks import fetch_hints, nudge_hints, sweep_hints
from stores import cursors
from stores.miva.errors import MivaDown, MivaError, MivaLocked
from stores.models import Exchange, PullCursor
from stores.sandbox import SandboxStore, serve
from tests.factories import make_store, store_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox():
    return SandboxStore(seed=5, orders=8, skipped_share=0.0)


@pytest.fixture
def store(sandbox):
    with serve(sandbox) as server:
        yield store_of(sandbox, server)


@pytest.fixture
def number(sandbox) -> int:
    return min(sandbox.orders)


@pytest.fixture
def broker():
    """The real broker; only the messages of this module are looked at."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    yield lambda: [entry for entry in client.lrange("celery", 0, -1) if task_of(entry) == fetch_hints.name]
    for entry in client.lrange("celery", 0, -1):
        if task_of(entry) == fetch_hints.name:
            client.lrem("celery", 0, entry)
    client.close()


def task_of(entry: bytes) -> str:
    return json.loads(entry)["headers"]["task"]


def now_due(store) -> None:
    """Let all waits and leases of the store's hints be over."""
    past = timezone.now() - timedelta(seconds=1)
    OrderHint.objects.of(store).update(not_before=past)
    OrderHint.objects.of(store).exclude(leased_until=None).update(leased_until=past)


def started(store, strategy: str) -> None:
    """Nothing that was placed by now is to be pulled."""
    store.strategy, store.start_from = strategy, timezone.now() + timedelta(minutes=1)
    store.save()


def at_reply(sandbox, work) -> None:
    """Run `work` once when Miva has acted on a list of orders and before it answers."""

    def hook(call):
        if call.function == "OrderList_Load_Query" and hook in sandbox.before_reply:
            sandbox.before_reply.remove(hook)
            try:
                work()
            finally:
                connection.close()

    sandbox.before_reply.append(hook)


def asked_for(sandbox) -> int:
    return sum(call.function == "OrderList_Load_Query" for call in sandbox.calls)


# The ordinary way -------------------------------------------------------------------------------------------------
def test_a_hinted_order_is_fetched_and_the_hint_forgotten(sandbox, store, number):
    record(store.pk, number)
    fetched = fetch_hinted(store)
    assert (fetched.fetched, fetched.new, fetched.dropped) == (1, 1, [])
    order = Order.objects.get()
    assert (order.miva_id, order.road) == (number, "webhook")
    assert not OrderHint.objects.exists()


def test_what_miva_says_is_kept_and_not_what_the_webhook_said(sandbox, store, number):
    forged = json.dumps({"id": number, "total": 0.01, "bill_lname": "Forged"}).encode()
    record(store.pk, hints.number_in(forged))
    fetch_hinted(store)
    order = Order.objects.get()
    assert order.raw["bill_lname"] == sandbox.orders[number]["bill_lname"]
    assert order.total == sandbox.orders[number]["total"]


def test_many_hints_are_fetched_in_few_calls(store, sandbox):
    for number in sandbox.orders:
        record(store.pk, number)
    assert fetch_hinted(store).new == 8
    assert asked_for(sandbox) == 1


def test_the_journal_names_the_orders_and_holds_no_secret(store, sandbox, number):
    record(store.pk, number)
    fetch_hinted(store)
    entry = Exchange.objects.get(direction="webhook")
    assert (entry.outcome, entry.request) == ("ok", f"Orders {number}")
    text = str(list(Exchange.objects.values()))
    assert sandbox.token not in text
    assert sandbox.signing_key not in text


@pytest.mark.parametrize("strategy", ["date", "updated", "number"])
def test_an_order_from_before_the_stores_start_comes_by_a_webhook_as_little_as_by_a_pull(
    sandbox, store, number, strategy
):
    started(store, strategy)
    record(store.pk, number)
    fetched = fetch_hinted(store)
    pull(store)
    assert not Order.objects.exists()
    assert (fetched.fetched, fetched.new, fetched.dropped) == (1, 0, [])
    assert not OrderHint.objects.exists()
    entry = Exchange.objects.get(direction="webhook")
    assert (entry.outcome, entry.response) == (
        "ok",
        "1 fetched, 0 new, 0 changed, 1 from before the store's start",
    )


def test_a_webhook_changes_an_order_from_before_the_stores_start_that_is_here(sandbox, store, number):
    record(store.pk, number)
    fetch_hinted(store)
    started(store, "updated")
    sandbox.edit_order(number, ship_city="Editedville")
    record(store.pk, number)
    assert fetch_hinted(store).updated == 1


def test_what_a_queue_would_bring_comes_by_a_webhook_too_however_old_it_is(sandbox, store, number):
    started(store, "queue_ack")
    record(store.pk, number)
    assert fetch_hinted(store).new == 1


@pytest.mark.parametrize("first", ["pull", "webhook"])
def test_the_same_order_by_pull_and_by_webhook_is_one_row(sandbox, store, number, first):
    record(store.pk, number)
    for work in (pull, fetch_hinted) if first == "pull" else (fetch_hinted, pull):
        work(store)
    assert Order.objects.filter(miva_id=number).count() == 1
    numbers = list(
        Order.objects.exclude(export_number=None)
        .order_by("export_number")
        .values_list("export_number", flat=True)
    )
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_webhook_works_while_a_pull_holds_the_store(store, number):
    cursors.claim(store)
    record(store.pk, number)
    assert fetch_hinted(store).new == 1


# Lost, doubled, killed --------------------------------------------------------------------------------------------
def test_a_hint_that_was_never_nudged_is_found_by_the_sweep(store, number, broker):
    record(store.pk, number)
    assert sweep_hints() == 1
    assert len(broker()) == 1
    fetch_hints(store.pk)
    assert Order.objects.get().miva_id == number


def test_many_hints_send_one_message_until_a_worker_has_heard_it(store, number, broker):
    for _ in range(3):
        record(store.pk, number)
        nudge_hints(store.pk)
    assert len(broker()) == 1
    fetch_hints(store.pk)
    nudge_hints(store.pk)
    assert len(broker()) == 2


def test_a_doubled_message_fetches_once(sandbox, store, number):
    record(store.pk, number)
    fetch_hints(store.pk)
    fetch_hints(store.pk)
    assert asked_for(sandbox) == 1


def test_a_hint_of_a_worker_that_died_comes_back_when_its_lease_ends(store, number):
    record(store.pk, number)
    assert claim(store) is not None
    assert hinted_stores(timezone.now()) == []
    assert fetch_hinted(store).fetched == 0
    [lease] = OrderHint.objects.values_list("leased_until", flat=True)
    assert lease <= timezone.now() + timedelta(minutes=5)
    assert hinted_stores(lease + timedelta(seconds=1)) == [store.pk]
    now_due(store)
    assert fetch_hinted(store).new == 1


def test_a_worker_whose_lease_ended_forgets_nothing_that_another_one_took(store, number):
    record(store.pk, number)
    late = claim(store)
    now_due(store)
    assert claim(store) is not None
    late.settle([number])
    assert OrderHint.objects.filter(miva_id=number).exists()
    late.fail("down", None)
    assert not OrderHint.objects.filter(failures__gt=0).exists()


def test_a_worker_killed_after_keeping_the_order_leaves_a_hint_that_changes_nothing(sandbox, store, number):
    record(store.pk, number)
    fetch_hinted(store)
    before = Order.objects.get()
    record(store.pk, number)
    assert fetch_hinted(store).new == 0
    assert Order.objects.get().export_number == before.export_number


def test_a_budget_that_ends_leaves_the_rest_for_the_next_message(sandbox, store, monkeypatch, broker):
    monkeypatch.setattr(hints, "AT_ONCE", 3)
    for number in sandbox.orders:
        record(store.pk, number)
    fetched = fetch_hinted(store, budget=0)
    assert (fetched.fetched, fetched.finished) == (3, False)
    fetch_hints(store.pk)
    assert Order.objects.count() == 8


# Not yet, not any more --------------------------------------------------------------------------------------------
def test_an_order_that_miva_does_not_show_yet_is_looked_for_again(sandbox, store, number):
    [early] = [max(sandbox.orders) + 1]
    record(store.pk, early)
    assert fetch_hinted(store).fetched == 0
    hint = OrderHint.objects.get()
    assert timedelta(seconds=3) < hint.not_before - timezone.now() < timedelta(seconds=6)
    assert hinted_stores(timezone.now()) == []
    assert sandbox.place_order()["id"] == early
    now_due(store)
    assert fetch_hinted(store).new == 1
    assert not OrderHint.objects.exists()


def test_a_number_that_miva_never_knows_is_given_up_and_said(sandbox, store):
    record(store.pk, 999_999)
    waits = []
    while OrderHint.objects.exists():
        fetched = fetch_hinted(store)
        waits += [
            round((hint.not_before - timezone.now()).total_seconds()) for hint in OrderHint.objects.all()
        ]
        now_due(store)
    assert waits == [5, 30, 300]
    assert fetched.dropped == [999_999]
    entry = Exchange.objects.filter(direction="webhook").first()
    assert entry.outcome == "refused"
    assert "999999" in entry.error
    assert not Order.objects.exists()


def test_unknown_numbers_do_not_keep_known_ones_away(store, number):
    record(store.pk, 999_999)
    fetch_hinted(store)
    record(store.pk, number)
    assert fetch_hinted(store).new == 1


def test_the_number_of_another_stores_order_brings_nothing(store, number):
    other = SandboxStore(seed=9)
    with serve(other) as server:
        victim = store_of(other, server)
        record(victim.pk, number)
        assert fetch_hinted(victim).fetched == 0
    assert not Order.objects.exists()


def test_an_order_edited_while_it_is_fetched_is_fetched_again(sandbox, store, number):
    def edit():
        record(store.pk, number)
        sandbox.edit_order(number, ship_city="Edited")

    record(store.pk, number)
    at_reply(sandbox, edit)
    fetch_hinted(store)
    assert asked_for(sandbox) == 2
    assert Order.objects.get().raw["ship_city"] == "Edited"
    assert not OrderHint.objects.exists()


def test_a_hint_that_is_not_repeated_while_it_is_fetched_is_fetched_once(sandbox, store, number):
    record(store.pk, number)
    at_reply(sandbox, lambda: record(store.pk, 999_999))
    fetch_hinted(store)
    assert list(OrderHint.objects.values_list("miva_id", flat=True)) == [999_999]


# Miva in trouble --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "kind", ["reset_before", "reset_after", "cut_json", "html", "empty", "status", "api_offline"]
)
def test_after_any_fault_the_hint_is_there_and_the_next_attempt_brings_the_order(
    sandbox, store, number, kind
):
    record(store.pk, number)
    sandbox.faults.add(kind)
    with pytest.raises(MivaError):
        fetch_hinted(store)
    hint = OrderHint.objects.get()
    assert (hint.failures, hint.leased_until) == (1, None)
    assert hint.not_before > timezone.now() + timedelta(seconds=15)
    now_due(store)
    assert fetch_hinted(store).new == 1


def test_while_a_store_is_down_a_further_webhook_does_not_call_it(sandbox, store, number):
    record(store.pk, number)
    sandbox.faults.add("api_offline")
    with pytest.raises(MivaDown):
        fetch_hinted(store)
    record(store.pk, number + 1)
    calls = len(sandbox.calls)
    assert hinted_stores(timezone.now()) == []
    assert fetch_hinted(store).fetched == 0
    assert len(sandbox.calls) == calls


def test_the_waits_grow_and_retry_after_is_honoured(sandbox, store, number):
    record(store.pk, number)
    waits = []
    for attempt in range(4):
        sandbox.faults.add("status", code=503, **({"retry_after": 1800} if attempt == 3 else {}))
        with pytest.raises(MivaDown):
            fetch_hinted(store)
        waits.append((OrderHint.objects.get().not_before - timezone.now()).total_seconds())
        now_due(store)
    assert waits[0] < waits[1] < waits[2] < waits[3]
    assert waits[3] > 1790


def test_wrong_credentials_wait_an_hour_and_the_pull_says_so_at_once(sandbox, store, number):
    pull(store)
    PullCursor.objects.update(last_tried_at=timezone.now() - timedelta(minutes=5))
    sandbox.enabled = False
    record(store.pk, number)
    with pytest.raises(MivaLocked):
        fetch_hinted(store)
    assert OrderHint.objects.get().not_before > timezone.now() + timedelta(minutes=50)
    assert PullCursor.objects.get().due_at <= timezone.now()


def test_a_failure_raises_nothing_in_the_worker(sandbox, store, number):
    sandbox.enabled = False
    record(store.pk, number)
    fetch_hints(store.pk)
    assert OrderHint.objects.get().problem_kind == "locked"


def test_one_hint_that_always_fails_does_not_keep_the_others_away(sandbox, store):
    bad, *good = sorted(sandbox.orders)
    OrderHint.objects.create(store=store, miva_id=bad, failures=1, problem_kind="fault")
    OrderHint.objects.create(store=store, miva_id=good[0], failures=1, problem_kind="fault")
    record(store.pk, good[1])
    batches = []
    while batch := claim(store):
        batches.append(batch.numbers)
        batch.fail("fault", None) if bad in batch.numbers else batch.settle(batch.numbers)
    assert batches == [[good[1]], [bad], [good[0]]]


@pytest.mark.parametrize("change", [{"active": False}, {"paused_reason": "moving"}])
def test_hints_of_a_store_that_is_off_or_paused_wait(sandbox, store, number, change):
    record(store.pk, number)
    type(store).objects.update(**change)
    assert hinted_stores(timezone.now()) == []
    fetch_hints(store.pk)
    assert not sandbox.calls
    assert OrderHint.objects.exists()


# A webhook that named no order ------------------------------------------------------------------------------------
@pytest.fixture
def idle():
    """A store that was pulled a while ago and is due in a while."""
    store, now = make_store(), timezone.now()
    PullCursor.objects.filter(store=store).update(
        due_at=now + timedelta(minutes=9), last_tried_at=now - timedelta(minutes=6)
    )
    return store


def test_it_makes_the_store_due(idle):
    record(idle.pk)
    fetch_hinted(idle)
    assert PullCursor.objects.get().due_at <= timezone.now()
    assert not OrderHint.objects.exists()


def test_it_does_so_once_a_minute_at_most(idle):
    tried = timezone.now() - timedelta(seconds=20)
    PullCursor.objects.update(last_tried_at=tried)
    record(idle.pk)
    fetch_hinted(idle)
    assert PullCursor.objects.get().due_at == tried + timedelta(minutes=1)


def test_it_waits_while_a_pull_that_may_have_passed_the_order_goes_on(idle):
    lease = cursors.claim(idle)
    record(idle.pk)
    fetch_hinted(idle)
    [hint] = OrderHint.objects.all()
    assert hint.not_before > timezone.now()
    cursors.settle_good(lease, idle, finished=True, clock_offset=None)
    now_due(idle)
    fetch_hinted(idle)
    assert PullCursor.objects.get().due_at <= timezone.now() + timedelta(minutes=1)


def test_it_does_not_shorten_the_back_off_of_a_store_that_fails(idle):
    PullCursor.objects.update(failures=3)
    before = PullCursor.objects.get().due_at
    record(idle.pk)
    fetch_hinted(idle)
    assert PullCursor.objects.get().due_at == before
    assert not OrderHint.objects.exists()


def test_it_calls_no_wire(store, sandbox):
    record(store.pk, THE_STORE)
    fetch_hinted(store)
    assert not sandbox.calls


# Without the cache ------------------------------------------------------------------------------------------------
def test_without_the_cache_a_nudge_is_skipped_and_a_task_still_works(store, number, settings):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1"}}
    record(store.pk, number)
    nudge_hints(store.pk)
    fetch_hints(store.pk)
    assert Order.objects.get().miva_id == number


def test_a_nudge_that_was_lost_is_repeated_after_a_while(store, broker):
    nudge_hints(store.pk)
    nudge_hints(store.pk)
    assert len(broker()) == 1
    assert (
        0 < cache._cache.get_client().ttl(cache.make_key(f"nudged:orders.tasks.fetch_hints:{store.pk}")) <= 20
    )
