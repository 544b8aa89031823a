"""`audit_store` as scripts use it: JSON, exit codes, sentences on standard error."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from orders.models import Order
from orders.pull import pull
from stores.sandbox import SandboxStore, serve
from stores.sandbox.workflows import NEW_AND_UPDATED
from tests.factories import store_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox():
    return SandboxStore(seed=6, orders=12)


@pytest.fixture
def store(sandbox):
    with serve(sandbox) as server:
        yield store_of(sandbox, server, complete_only=False)


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("audit_store", *words, stdout=out)
    return out.getvalue()


def test_missing_and_extra_orders_are_listed_and_nothing_is_changed(sandbox, store):
    numbers = sorted(sandbox.queues[NEW_AND_UPDATED])
    sandbox.queues[NEW_AND_UPDATED].pop(numbers[3])
    unpaid = set(sandbox.orders) - set(numbers)
    pull(store)
    sandbox.delete(numbers[0])
    before = list(Order.objects.values())
    assert json.loads(run(store.slug, "--json")) == {
        "missing_orders": sorted({numbers[3], *unpaid}),
        "extra_orders": [numbers[0]],
        "unsent_shipments": [],
        "stock_drift": [],
    }
    assert list(Order.objects.values()) == before


def test_the_readable_form_names_all_that_was_compared(sandbox, store):
    text = run(store.slug)
    assert "Compared 12 orders of the last 3 days" in text
    assert str(min(sandbox.orders)) in text
    assert "Stock that is not as expected, by SKU: none." in text


def test_the_days_decide_how_far_back_it_looks(sandbox, store):
    old = sandbox.place_order(orderdate=sandbox.now() - 5 * 24 * 3600)["id"]
    assert old not in json.loads(run(store.slug, "--json"))["missing_orders"]
    assert old in json.loads(run(store.slug, "--days", "6", "--json"))["missing_orders"]


def test_a_miva_that_cannot_be_asked_is_a_failure_with_its_reason(sandbox, store):
    sandbox.faults.add("api_offline", times=None)
    with pytest.raises(CommandError, match="API"):
        run(store.slug, "--json")


@pytest.mark.parametrize("days", ["0", "-1", "three", "99999", "٣"])
def test_days_that_are_none_are_refused_by_their_text(store, days):
    with pytest.raises(CommandError, match=days):
        run(store.slug, f"--days={days}")
