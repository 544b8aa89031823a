"""What support decides about orders: ignore with a reason, release, try again; one from its page, several from the list."""

from __future__ import annotations

import html

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone

from orders.keep import keep
from orders.models import Order
from orders.release import ignore
from stores.models import AuditEntry, Store
from tests.factories import make_store, raw_orders, without_lines

pytestmark = pytest.mark.django_db
LIST = "admin:orders_order_changelist"


@pytest.fixture
def support(client):
    """A client that is logged in as somebody who may do everything."""
    client.force_login(
        User.objects.create_superuser("support", "support@example.com", "correct-horse-battery")
    )
    return client


@pytest.fixture
def reader(client):
    """A client that may look at everything and change nothing."""
    user = User.objects.create_user("reader", password="correct-horse-battery", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)
    return client


@pytest.fixture
def store():
    return make_store()


def kept(store: Store, raw: dict) -> Order:
    keep(store, [raw], fetched_at=timezone.now(), road="queue_ack")
    return Order.objects.get(store=store, miva_id=raw["id"])


def numbered(number: int) -> dict:
    return raw_orders(1)[0] | {"id": number}


def held(store: Store, number: int = 1) -> Order:
    return kept(store, without_lines(numbered(number)))


def incomplete(store: Store, number: int = 2) -> Order:
    return kept(store, numbered(number) | {"payments": []})


def ignored(store: Store, number: int = 3) -> Order:
    order = held(store, number)
    ignore(store, [number], "A test of the merchant's")
    return Order.objects.get(pk=order.pk)


def page(order: Order, button: str) -> str:
    return reverse(f"admin:orders_order_{button}", args=[order.pk])


def act(client, action: str, *orders: Order, **more: str):
    return client.post(
        reverse(LIST), {"action": action, "_selected_action": [each.pk for each in orders]} | more
    )


def words(response) -> list[str]:
    return [str(message) for message in response.wsgi_request._messages]


def state(order: Order) -> str:
    return Order.objects.values_list("state", flat=True).get(pk=order.pk)


def history() -> list[str]:
    rows = AuditEntry.objects.filter(actor_kind="user").order_by("pk")
    return [f"{entry.verb}: {entry.reason}" for entry in rows]


def test_the_list_is_filtered_by_every_state(support, store):
    rows = {"exportable": kept(store, numbered(9)), "held": held(store)}
    rows |= {"incomplete": incomplete(store), "ignored": ignored(store)}
    for name, order in rows.items():
        result = support.get(reverse(LIST), {"state__exact": name}).context["cl"].result_list
        assert [row.pk for row in result] == [order.pk]


def test_an_incomplete_order_says_that_it_waits_for_a_payment_and_when_it_was_looked_at(support, store):
    order = incomplete(store)
    Order.objects.update(checked_at=timezone.now())
    body = html.unescape(support.get(page(order, "change")).content.decode())
    for text in (
        "Incomplete",
        "It waits and does not go to Stone Edge yet",
        "no payment",
        "last looked at in Miva on",
    ):
        assert text in body
    assert "Ready since" not in body


def test_an_ignored_order_says_so_and_why_and_offers_to_release_it(support, store):
    body = html.unescape(support.get(page(ignored(store), "change")).content.decode())
    assert "because somebody decided so. Ignored: A test of the merchant's." in body
    assert "Release…" in body
    assert "Try again" not in body


def test_ignoring_asks_for_the_reason_first(support, store):
    order = held(store)
    assert 'name="reason"' in support.get(page(order, "ignore")).content.decode()
    response = support.post(page(order, "ignore"), {"reason": "  "})
    assert "Give a reason" in response.content.decode()
    assert (state(order), history()) == ("held", [])


def test_an_order_is_ignored_with_its_reason_which_is_in_its_history(support, store):
    order = held(store)
    response = support.post(page(order, "ignore"), {"reason": "Entered twice", "sure": "yes"})
    assert response["Location"] == page(order, "change")
    order.refresh_from_db()
    assert (order.state, order.reason) == ("ignored", "Ignored: Entered twice")
    assert history() == ["ignore: Entered twice"]
    assert words(response) == ["1 order is ignored."]


def test_several_orders_of_several_stores_are_ignored_and_the_ready_one_is_left_alone(support, store):
    chosen = held(store), incomplete(store), held(make_store())
    ready = kept(store, numbered(9))
    question = act(support, "ignore", *chosen, ready).content.decode()
    assert "Ignore 3 orders?" in question
    assert "1 other order that you chose is in another state" in question
    response = act(support, "ignore", *chosen, ready, reason="Training", sure="yes")
    assert [state(order) for order in (*chosen, ready)] == ["ignored"] * 3 + ["exportable"]
    assert history() == ["ignore: Training"] * 3
    assert words(response) == ["3 orders are ignored."]


def test_ignoring_what_is_ready_does_nothing_and_says_so(support, store):
    response = act(support, "ignore", kept(store, numbered(9)), reason="Training")
    assert words(response) == ["None of these orders is held or incomplete: there is nothing to ignore."]
    assert history() == []


def test_releasing_is_asked_about_first(support, store):
    order = ignored(store)
    assert "Release 1 order?" in support.get(page(order, "release")).content.decode()
    act(support, "release", order)
    assert state(order) == "ignored"


def test_a_released_order_whose_cause_is_gone_goes_to_stone_edge(support, store):
    order = ignored(store)
    Order.objects.filter(pk=order.pk).update(raw=numbered(3))
    response = support.post(page(order, "release"), {"sure": "yes"})
    order.refresh_from_db()
    assert (order.state, order.export_number, order.reason) == ("exportable", 1, "")
    assert words(response) == ["1 order is released for Stone Edge."]
    assert history() == ["release: "]


def test_released_orders_that_are_still_wrong_are_held_again_with_the_reason(support, store):
    rows = ignored(store), ignored(make_store())
    ready = kept(store, numbered(9))
    response = act(support, "release", *rows, ready, sure="yes")
    assert [state(order) for order in rows] == ["held", "held"]
    assert all(Order.objects.exclude(pk=ready.pk).exclude(reason="").values_list("remedy", flat=True))
    assert words(response) == ["2 orders are still held: nothing that could change the result has changed."]


def test_an_order_is_held_with_a_reason_and_released(support, store):
    order = kept(store, numbered(1))
    assert words(act(support, "hold", order, sure="yes", reason="The customer called.")) == [
        "1 order is held."
    ]
    order.refresh_from_db()
    assert (order.state, order.reason, order.held_by_hand) == ("held", "By hand: The customer called.", True)
    assert words(act(support, "release", order, sure="yes"))[-1] == "1 order is released for Stone Edge."
    order.refresh_from_db()
    assert (order.state, order.held_by_hand, order.export_number) == ("exportable", False, 2)


def test_releasing_what_is_not_ignored_does_nothing_and_says_so(support, store):
    assert words(act(support, "release", held(store), sure="yes")) == [
        "None of these orders is ignored or held by a person: there is nothing to release."
    ]


def test_trying_again_judges_incomplete_orders_with_the_present_settings(support, store):
    order = incomplete(store)
    assert words(act(support, "retry", order, sure="yes")) == [
        "1 order is incomplete: no payment is recorded in Miva yet."
    ]
    Store.objects.update(complete_only=False)
    act(support, "retry", order, sure="yes")
    assert state(order) == "exportable"


@pytest.mark.parametrize("button", ["ignore", "release", "retry"])
def test_who_may_only_look_is_refused_every_button(reader, store, button):
    order = ignored(store) if button == "release" else held(store)
    before = state(order)
    for ask in (reader.get, reader.post):
        assert ask(page(order, button), {"reason": "Because", "sure": "yes"}).status_code == 403
    act(reader, button, order, reason="Because", sure="yes")
    assert (state(order), history()) == (before, [])
    body = reader.get(page(order, "change")).content.decode()
    assert not any(text in body for text in ("Ignore…", "Release…", "Try again"))


@pytest.mark.parametrize("button", ["ignore", "release"])
def test_an_order_that_is_not_there_is_not_found(support, button):
    assert support.post(reverse(f"admin:orders_order_{button}", args=[999_999])).status_code == 404
