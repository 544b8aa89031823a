"""An order that is cancelled entirely in Miva is set aside by itself, until Miva has another version of it."""

from __future__ import annotations

import html

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from orders.admin.timeline import events
from orders.models import Order
from orders.prepare import CANCELLED
from orders.release import ignore, rejudge, release
from stores.models import AuditEntry
from tests.factories import as_sent, make_store, raw_orders
from tests.orders.test_rejudging import download, kept

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def store():
    return make_store(complete_only=True)


@pytest.fixture
def raw():
    return as_sent(raw_orders(1)[0])


def cancelled(raw: dict) -> dict:
    """The order as Miva has it after every line was cancelled and the payment was voided."""
    items = [item | {"status": 300} for item in raw["items"]]
    return raw | {"status": 300, "total": 0, "items": items, "payments": [], "charges": []}


def test_a_cancelled_order_is_ignored_with_a_reason_and_a_remedy_of_its_own(store, raw):
    [order] = kept(store, cancelled(raw))
    assert (order.state, (order.reason, order.remedy)) == (Order.State.IGNORED, CANCELLED)
    assert order.export_number is None


def test_it_goes_to_stone_edge_when_it_is_no_longer_cancelled(store, raw):
    kept(store, cancelled(raw))
    [order] = kept(store, raw)
    assert (order.state, order.reason, order.cancelled) == (Order.State.EXPORTABLE, "", False)
    assert download(store) == [raw["id"]]


def test_an_order_that_waits_is_taken_back_and_returns_with_a_new_number(store, raw):
    [before] = kept(store, raw)
    kept(store, cancelled(raw))
    assert download(store) == []
    [after] = kept(store, raw)
    assert after.export_number > before.export_number
    assert download(store) == [raw["id"]]


def test_judging_it_again_changes_nothing(store, raw):
    [order] = kept(store, cancelled(raw))
    assert rejudge(store, [order.miva_id], only_waiting=False).unchanged == [order.miva_id]
    release(store, [order.miva_id])
    order.refresh_from_db()
    assert (order.state, order.reason) == (Order.State.IGNORED, CANCELLED[0])


def test_what_a_person_ignored_stays_so_when_it_is_cancelled_and_brought_back(store, raw):
    wrong = raw | {"total": raw["total"] + 5}
    kept(store, wrong)
    ignore(store, [raw["id"]], "Entered twice")
    kept(store, cancelled(raw))
    [order] = kept(store, raw)
    assert (order.state, order.reason) == (Order.State.IGNORED, "Ignored: Entered twice")


def told(order: Order) -> list[str]:
    """The steps of its journey, with their details."""
    return [f"{event.words} | {event.detail}" for event in events(order)]


def test_its_journey_says_that_miva_cancelled_it_and_when(store, raw):
    kept(store, raw)
    [order] = kept(store, cancelled(raw))
    assert any(
        step.startswith("Edited in Miva")
        and step.endswith(f" | It does not go to Stone Edge. {CANCELLED[0]}")
        for step in told(order)
    )


def test_an_edit_of_what_a_person_ignored_is_in_its_journey_and_his_decision_once(store, raw):
    wrong = raw | {"total": raw["total"] + 5}
    kept(store, wrong)
    ignore(store, [raw["id"]], "Entered twice")
    [order] = kept(store, raw)
    named = [step for step in told(order) if "Entered twice" in step]
    assert [step.split(" | ")[0].split(";")[0] for step in named] == ["Edited in Miva", "Decision: ignore"]


def test_what_was_released_is_noted_with_the_state_that_it_got(store, raw):
    kept(store, raw | {"total": raw["total"] + 5})
    ignore(store, [raw["id"]], "Entered twice")
    kept(store, raw)
    release(store, [raw["id"]])
    entry = AuditEntry.objects.get(verb="release")
    assert (entry.before, entry.after) == ({"state": "ignored"}, {"state": "exportable"})


def test_an_order_with_a_line_left_is_not_cancelled(store, raw):
    items = [item | {"status": 300} for item in raw["items"][1:]]
    [order] = kept(store, raw | {"items": [raw["items"][0], *items], "status": 0})
    assert order.state != Order.State.IGNORED


def test_the_page_says_that_miva_cancelled_it_and_offers_no_release(client, store, raw):
    client.force_login(User.objects.create_superuser("support", "s@example.com", "correct-horse-battery"))
    [order] = kept(store, cancelled(raw))
    body = html.unescape(client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode())
    assert f"It does not go to Stone Edge. {CANCELLED[0]}" in body
    assert CANCELLED[1] in body
    assert "Cancelled in Miva" in body
    assert "somebody decided" not in body
    assert "Release…" not in body
