"""A refusal that names no row: bad rows are found and parked, and a refusal of everything is waited out as the store's."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.utils import timezone

from inventory import record, refusals
from inventory.batches import Batch
from inventory.flight import take
from inventory.models import StockPush
from inventory.record import Asker, Wanted
from stores import outbox
from stores.miva.errors import MivaRefused, NotFound
from stores.miva.inventory import Stock
from tests.inventory.stocktaking import let_time_pass

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Round:
    """One round of calls of so many SKUs to a store that refuses every call with one of the bad ones in it, naming none."""

    store: object
    count: int
    bad: set[int]
    words: str = "No."
    kind: type[MivaRefused] = MivaRefused
    calls: list[list[int]] = field(default_factory=list)

    def run(self) -> Round:
        wanted = [Wanted(f"sku-{number:04}", 1) for number in range(self.count)]
        record.add(self.store, wanted, Asker(), look_up=lambda: True)
        return self.again()

    def more(self, number: int) -> None:
        """Let another SKU wait."""
        record.add(self.store, [Wanted(f"sku-{number:04}", 1)], Asker(), look_up=lambda: True)

    def again(self) -> Round:
        claim = outbox.claim(StockPush, self.store, most=1000)
        sending = [(row, Stock(number_of(row), row.sku, "", True, 0)) for row in take(claim, claim.rows)]
        batch = Batch(claim, None, timezone.now(), sending)
        for accepted in batch.calls(lambda row: True, self.call, None):
            batch.accepted(accepted)
        return self

    def call(self, client, pairs):
        numbers = [stock.product_id for _, stock in pairs]
        self.calls.append(numbers)
        if found := self.bad & set(numbers):
            raise self.kind(self.words.format(min(found)), code="MER-XXX-00001")
        return {}

    def numbers(self, **standing) -> list[int]:
        return sorted(map(number_of, StockPush.objects.of(self.store).filter(**standing)))

    @property
    def arrived(self) -> list[int]:
        return self.numbers(done_at__isnull=False)

    @property
    def parked(self) -> list[int]:
        return self.numbers(parked_at__isnull=False)


def number_of(row: StockPush) -> int:
    return int(row.sku.removeprefix("sku-"))


@pytest.mark.parametrize("bad", [{0}, {0, 1}, {0, 1, 2, 3}, {3, 40, 80}, {99}, set(range(20))])
def test_bad_rows_are_parked_and_the_others_arrive(store, bad):
    done = Round(store, 100, bad).run()
    assert (done.parked, done.arrived) == (sorted(bad), sorted(set(range(100)) - bad))


def test_bad_rows_in_every_call_are_parked_and_the_others_arrive(store):
    bad = set(range(50, 500, 100))
    done = Round(store, 500, bad).run()
    assert (done.parked, len(done.arrived)) == (sorted(bad), 495)


@pytest.mark.parametrize(("count", "most"), [(1, 1), (2, 3), (4, 7), (100, 11), (500, 15)])
def test_a_refusal_of_everything_parks_nothing_and_costs_few_calls(store, count, most):
    done = Round(store, count, set(range(count))).run()
    assert len(done.calls) <= most
    assert (done.parked, done.arrived) == ([], [])
    assert outbox.claim(StockPush, store) is None  # it waits
    assert not StockPush.objects.of(store).filter(sent_delta__isnull=False).exists()
    row = StockPush.objects.of(store).get(store_waits_until__isnull=False)
    assert (row.problem, row.problem_kind) == ("No.", "down")
    assert "no product is to blame" in row.remedy


@pytest.mark.parametrize("count", [1, 2, 4])
def test_rows_that_are_refused_alone_again_are_to_blame_when_nothing_else_waits(store, count):
    done = Round(store, count, set(range(count))).run()
    let_time_pass(store)
    done.again()
    assert done.parked == list(range(count))
    row = StockPush.objects.of(store).first()
    assert row.problem.startswith("No. Miva refused this change by itself, too, and twice")


def test_a_row_that_came_meanwhile_is_tried_alone_twice_too(store):
    done = Round(store, 2, {0, 1, 2}).run()
    done.more(2)
    let_time_pass(store)
    done.again()
    assert done.parked == [0, 1]
    let_time_pass(store)
    assert done.again().parked == [0, 1, 2]


def test_rows_that_are_refused_alone_in_other_words_each_time_wait(store):
    done = Round(store, 2, {0, 1}).run()
    done.words = "Not now."
    let_time_pass(store)
    assert done.again().parked == []


def test_rows_that_were_never_alone_are_not_to_blame(store):
    done = Round(store, 100, set(range(100))).run()
    for _ in range(3):
        let_time_pass(store)
        done.again()
    assert done.parked == []


def test_rows_that_are_refused_in_different_words_are_parked(store):
    assert Round(store, 4, {0, 1, 2, 3}, words="Product {} is locked.").run().parked == [0, 1, 2, 3]


def test_products_that_are_not_there_are_parked(store):
    assert Round(store, 4, {0, 1, 2, 3}, kind=NotFound).run().parked == [0, 1, 2, 3]


def test_what_takes_too_long_goes_on_in_the_next_round(store, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(refusals, "LONGEST", 0.0)
        done = Round(store, 300, {150}).run()
    assert len(done.calls) == 2
    assert (done.parked, done.arrived) == ([], list(range(100)))
    done.again()
    assert (done.parked, len(done.arrived)) == ([150], 299)


def test_a_round_that_takes_too_long_and_gets_nowhere_makes_the_store_wait(store, monkeypatch):
    monkeypatch.setattr(refusals, "LONGEST", 0.0)
    done = Round(store, 100, {70}).run()
    assert len(done.calls) == 1
    assert outbox.claim(StockPush, store) is None
    assert (done.parked, done.arrived) == ([], [])


@pytest.mark.parametrize(("bad", "parked"), [({0, 1, 2}, []), ({0, 1}, [0, 1]), ({2}, [2])])
def test_operations_that_are_all_refused_alike_are_the_stores_failure(store, bad, parked):
    """Counts travel as operations of one request, each of which has an answer of its own."""
    done = Operations(store, 3, bad).run()
    assert (len(done.calls), done.parked) == (1, parked)
    assert len(done.numbers(store_waits_until__isnull=False)) == (1 if len(bad) == 3 else 0)


def test_operations_that_are_refused_by_themselves_again_are_to_blame(store):
    done = Operations(store, 3, {0, 1, 2}).run()
    let_time_pass(store)
    assert done.again().parked == [0, 1, 2]


def test_many_operations_that_are_all_refused_alike_again_are_the_stores_failure(store):
    done = Operations(store, 120, set(range(120))).run()
    let_time_pass(store)
    assert done.again().parked == []
    assert len(done.calls) == 2


class Operations(Round):
    """Each SKU is answered by itself."""

    def call(self, client, pairs):
        self.calls.append([stock.product_id for _, stock in pairs])
        return {number: MivaRefused(self.words) for number in self.calls[-1] if number in self.bad}
