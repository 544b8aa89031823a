"""Orders in the support team's pages: found, explained, tried again; and what orders add to the stores' pages."""

from __future__ import annotations

import csv
import html
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orders import serve
from orders.health import summary, with_orders
from orders.keep import keep
from orders.models import Download, Order
from orders.release import ignore
from orders.rules import rules_for
from orders.seti import downloadorders
from orders.translate import translate
from stores.admin.words import label
from stores.models import AuditEntry, Exchange, PullCursor, Store
from stores.seti import responses
from stores.seti.requests import parse
from tests.factories import later, make_desktop, make_merchant, make_store, raw_orders, without_lines

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
def store():
    return make_store(merchant=make_merchant(time_zone="America/Los_Angeles"))


def kept(store: Store, *raws: dict) -> list[Order]:
    keep(store, raws, fetched_at=timezone.now(), road="queue_ack")
    return [Order.objects.get(store=store, miva_id=raw["id"]) for raw in raws]


def made(store: Store, **columns) -> Order:
    """A kept order with columns as the test wants them."""
    order = kept(store, raw_orders(1)[0] | {"id": Order.objects.count() + 5001})[0]
    Order.objects.filter(pk=order.pk).update(**{"warnings": []} | columns)
    order.refresh_from_db()
    return order


def numbers(client, **question: object) -> list[int]:
    return [row.miva_id for row in client.get(reverse(LIST), question).context["cl"].result_list]


def page(client, order: Order):
    return client.get(reverse("admin:orders_order_change", args=[order.pk]))


def text(response) -> str:
    return html.unescape(response.content.decode())


@pytest.mark.sqlite
@pytest.mark.parametrize("term", ["{number}", "#{number}", " {number} "])
def test_digits_are_an_order_number_exactly(support, store, term):
    wanted = made(store, miva_id=123)
    made(store, miva_id=1234)
    made(store, miva_id=77, customer="123 Main")
    assert numbers(support, q=term.format(number=123)) == [wanted.miva_id]


def test_the_same_number_of_two_stores_is_found_twice(support, store):
    made(store, miva_id=123)
    made(make_store(), miva_id=123)
    assert numbers(support, q="123") == [123, 123]


def test_digits_that_are_no_order_are_looked_for_as_a_sku(support, store):
    wanted = made(store, skus=" 4006381333931 mug ")
    made(store, skus=" 14006381333931 ")
    assert numbers(support, q="4006381333931") == [wanted.miva_id]


def test_more_digits_than_a_number_can_have_are_no_error(support, store):
    made(store)
    assert numbers(support, q="9" * 40) == []


@pytest.mark.sqlite
@pytest.mark.parametrize("term", ["ann@example.com", "ANN@Example.com", "ann@exam"])
def test_an_at_sign_makes_it_an_email_from_its_beginning_in_any_case(support, store, term):
    wanted = made(store, email="Ann@example.com")
    made(store, email="joann@example.com")
    assert numbers(support, q=term) == [wanted.miva_id]


@pytest.mark.sqlite
def test_a_sku_is_found_as_a_whole_word_in_any_case(support, store):
    wanted = made(store, skus=" mug-11 tee-red ", customer="")
    made(store, skus=" mug-110 ", customer="")
    assert numbers(support, q="MUG-11") == [wanted.miva_id]


def test_a_part_of_the_customers_name_is_enough(support, store):
    wanted = made(store, customer="Zoë D'Angelo")
    made(store, customer="Jordan Lee")
    assert numbers(support, q="d'ang") == [wanted.miva_id]


@pytest.mark.parametrize("term", ["%", "_", "' OR 1=1 --", "@"])
def test_signs_that_mean_something_to_a_database_mean_nothing_here(support, store, term):
    made(store, customer="Jordan Lee", skus=" mug ", email="x.example.com")
    assert numbers(support, q=term) == []


def test_filters_by_state_store_age_and_warnings(support, store):
    old = made(store, placed_at=timezone.now() - timedelta(days=20))
    warned = made(store, warnings=["The total was rounded."], placed_at=timezone.now())
    foreign = made(make_store(), placed_at=timezone.now())
    held = kept(store, without_lines(raw_orders(1)[0]) | {"id": 9})[0]
    Order.objects.filter(pk=held.pk).update(placed_at=timezone.now())
    assert numbers(support, state__exact="held") == [9]
    assert numbers(support, store=foreign.store_id) == [foreign.miva_id]
    assert numbers(support, warnings="yes") == [warned.miva_id]
    assert numbers(support, age="7", store=store.pk) == [9, warned.miva_id]
    assert old.miva_id in numbers(support, age="30")


def test_the_list_leaves_the_raw_orders_in_the_database(support, store):
    made(store)
    with CaptureQueriesContext(connection) as captured:
        support.get(reverse(LIST))
    assert not any('"orders_order"."raw"' in query["sql"] for query in captured)


def test_the_list_shows_when_the_order_was_placed_in_the_stores_zone(support, store):
    made(store, placed_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC))
    assert "2026-01-01 19:04 PST" in text(support.get(reverse(LIST)))


def test_the_list_shows_which_orders_a_desktop_was_given_and_which_changed_since(support, store):
    first, second, third = made(store), made(store), made(store)
    desktop, _ = make_desktop(store)
    serve.note_download(desktop, [first, second])
    Order.objects.filter(pk=second.pk).update(changed_at=timezone.now() + timedelta(seconds=1))
    rows = {row.pk: row.given_at for row in support.get(reverse(LIST)).context["cl"].result_list}
    given = Download.objects.get().at
    assert rows == {first.pk: given, second.pk: given, third.pk: None}
    assert text(support.get(reverse(LIST))).count("Changed since") == 1


def test_the_file_of_orders_that_changed_since_their_download_has_only_them(support, store):
    changed, other = made(store), made(store)
    desktop, _ = make_desktop(store)
    serve.note_download(desktop, [changed, other])
    Order.objects.filter(pk=changed.pk).update(changed_at=timezone.now() + timedelta(hours=1))
    address = reverse("admin:orders_order_export", query={"since_download": "changed"})
    file = text(support.post(address, {"format": "0", "resource": "0"})).splitlines()
    assert [row["order"] for row in csv.DictReader(file)] == [str(changed.miva_id)]


def test_another_stores_download_covers_nothing_here(support, store):
    order = made(store)
    other = make_store()
    desktop, _ = make_desktop(other)
    serve.note_download(desktop, [made(other)])
    rows = {row.pk: row.given_at for row in support.get(reverse(LIST)).context["cl"].result_list}
    assert rows[order.pk] is None
    assert "No desktop has asked for it yet" in text(page(support, order))


def test_an_order_that_waits_says_since_when_and_its_place(support, store):
    order = made(store, numbered_at=datetime(2026, 7, 2, 3, 4, tzinfo=UTC))
    sentence = f"Ready since 2026-07-01 20:04 PDT, export number {order.export_number}. No desktop has asked for it yet."
    assert sentence in text(page(support, order))


def test_a_downloaded_order_says_by_whom_and_when_the_first_time(support, store):
    order = made(store)
    desktop, _ = make_desktop(store, username="till-1")
    for at in (datetime(2026, 7, 2, 3, 4, tzinfo=UTC), datetime(2026, 7, 9, 3, 4, tzinfo=UTC)):
        serve.note_download(desktop, [order])
        Download.objects.filter(pk=Download.objects.first().pk).update(at=at)
    assert f"export number {order.export_number}, downloaded by till-1 on 2026-07-01 20:04 PDT." in text(
        page(support, order)
    )


def test_a_held_order_says_why_and_what_to_do_and_that_stone_edge_gets_nothing(support, store):
    order = kept(store, without_lines(raw_orders(1)[0]))[0]
    response = page(support, order)
    assert order.reason in text(response)
    assert order.remedy in text(response)
    assert response.context["document"].problem == order.reason
    assert response.context["document"].exact == ""


def test_an_order_that_changed_after_its_download_says_so_and_one_that_changed_before_does_not(
    support, store
):
    raw = raw_orders(1)[0]
    order = kept(store, raw)[0]
    desktop, _ = make_desktop(store)
    changed = later(raw, ship_addr1="1 New Street")
    kept(store, changed)
    order.refresh_from_db()
    serve.note_download(desktop, [order])
    assert "Changed since download" not in text(page(support, order))
    kept(store, later(changed, ship_addr1="2 New Street"))
    assert "Changed since download" in text(page(support, order))


@pytest.fixture
def given(store):
    """Three orders that a desktop was given: one as it was, one edited, one cancelled in Miva after that."""
    raws = raw_orders(3)
    orders = kept(store, *raws)
    serve.note_download(make_desktop(store)[0], orders)
    cancelled = later(raws[2], status=300)
    cancelled["items"] = [item | {"status": 300} for item in cancelled["items"]]
    kept(store, later(raws[1], ship_addr1="1 New Street"), cancelled)
    return orders


@pytest.mark.parametrize(("chosen", "places"), [("changed", [1, 2]), ("cancelled", [2]), ("", [0, 1, 2])])
def test_what_stone_edge_has_otherwise_than_miva_is_found_in_the_list(support, store, given, chosen, places):
    never_given = kept(store, later(raw_orders(4)[3], status=300))
    assert never_given
    shown = support.get(reverse(LIST), {"since_download": chosen} if chosen else {"q": ""})
    found = {order.miva_id for order in shown.context["cl"].result_list}
    assert found - {never_given[0].miva_id} == {given[place].miva_id for place in places}
    assert (never_given[0].miva_id in found) is (not chosen)


def test_an_order_that_was_cancelled_after_its_download_says_so_and_what_to_do(support, given):
    shown = text(page(support, given[2]))
    assert "Cancelled in Miva since download" in shown
    assert "cancel the order there, too" in shown
    assert text(support.get(reverse(LIST))).count(label("Cancelled", "bad")) == 1
    assert "Cancelled in Miva since download" not in text(page(support, given[1]))


def test_an_order_that_a_person_ignored_and_that_was_cancelled_after_that_says_so(support, store):
    raw = raw_orders(1)[0]
    order = kept(store, raw)[0]
    serve.note_download(make_desktop(store)[0], [order])
    kept(store, without_lines(later(raw)))
    assert ignore(store, [order.miva_id], "a test") == 1
    cancelled = later(raw, 120, status=300)
    cancelled["items"] = [item | {"status": 300} for item in cancelled["items"]]
    kept(store, cancelled)
    assert "Cancelled in Miva since download" in text(page(support, order))
    shown = support.get(reverse(LIST), {"since_download": "cancelled"})
    assert [each.pk for each in shown.context["cl"].result_list] == [order.pk]
    assert text(shown).count(label("Cancelled", "bad")) == 1


def test_an_edit_that_came_with_a_release_after_the_download_stays_in_sight_when_it_is_given_again(
    support, store
):
    """Stone Edge may keep what it got first."""
    raw = raw_orders(1)[0]
    order = kept(store, raw)[0]
    desktop, _ = make_desktop(store)
    serve.note_download(desktop, [order])
    kept(store, without_lines(later(raw)))
    assert "It was downloaded before" in text(page(support, order))
    kept(store, later(raw, 120, ship_addr1="2 New Street"))
    order.refresh_from_db()
    assert order.first_number != order.export_number
    for now in ("It goes again with the next download", "Downloaded again by"):
        shown = text(page(support, order))
        assert now in shown
        assert "Changed since download" in shown
        assert "Changed since" in text(support.get(reverse(LIST)))
        serve.note_download(desktop, [order])


@pytest.mark.sqlite
def test_the_page_shows_the_raw_order_with_miva_s_own_digits(support, store):
    order = kept(store, raw_orders(1)[0])[0]
    shown = page(support, order).context["raw_text"]
    assert json.loads(shown, parse_float=str)["total"] == f"{order.raw['total']}"
    assert shown in text(page(support, order))


@pytest.mark.sqlite
def test_the_page_shows_the_very_bytes_that_a_desktop_gets(support, store):
    order = kept(store, raw_orders(1, bill_comp="Müller & <Söhne>")[0])[0]
    wanted = responses.render_orders([translate(order.raw, rules_for(store)).order]).decode()
    assert f">{html.escape(wanted)}</textarea>" in page(support, order).content.decode()
    request = parse(b"setifunction=downloadorders", "application/x-www-form-urlencoded")
    given = downloadorders(make_desktop(store)[0], request).decode()
    assert given == wanted


def test_what_a_shopper_typed_is_text_and_no_part_of_the_page(support, store):
    order = kept(store, raw_orders(1, bill_fname="<script>alert(1)</script>")[0])[0]
    for response in (page(support, order), support.get(reverse(LIST))):
        assert "<script>alert(1)" not in response.content.decode()


def test_a_step_leads_to_the_stores_conversation_that_belongs_to_it_and_to_no_other(support, store):
    order = made(store)
    common = {"milliseconds": 1, "outcome": "ok", "direction": "miva", "function": "OrderList_Load_Query"}
    near = Exchange.objects.create(store=store, at=order.fetched_at + timedelta(seconds=2), **common)
    Exchange.objects.create(store=store, at=order.fetched_at - timedelta(hours=3), **common)
    Exchange.objects.create(
        store=store, at=order.fetched_at, **common | {"function": "OrderList_Acknowledge"}
    )
    Exchange.objects.create(store=make_store(), at=order.fetched_at, **common)
    steps = page(support, order).context["journey"]
    assert [step["event"].exchange for step in steps if step["event"].exchange] == [near]


def test_warnings_stand_on_the_page(support, store):
    order = made(store, warnings=["The parts are 0.01 off the total."])
    assert "The parts are 0.01 off the total." in text(page(support, order))


def retry(client, order: Order):
    return client.post(reverse("admin:orders_order_retry", args=[order.pk]), {"sure": "yes"})


def words(response) -> list[str]:
    return [str(message) for message in response.wsgi_request._messages]


def repaired(order: Order) -> None:
    """Make a held order translatable, as a corrected setting would."""
    raw = raw_orders(1, seed=5)[0] | {"id": order.miva_id}
    Order.objects.filter(pk=order.pk).update(raw=raw)


def test_trying_again_releases_an_order_whose_cause_is_gone(support, store):
    order = kept(store, without_lines(raw_orders(1)[0]))[0]
    repaired(order)
    response = retry(support, order)
    order.refresh_from_db()
    assert (order.state, order.export_number) == ("exportable", 1)
    assert words(response) == ["1 order is released for Stone Edge."]
    noted = AuditEntry.objects.get(verb="try again")
    assert (noted.object_id, noted.actor_name) == (str(order.pk), "support")


def test_trying_again_without_a_change_says_that_it_is_still_held(support, store):
    order = kept(store, without_lines(raw_orders(1)[0]))[0]
    assert words(retry(support, order)) == [
        "1 order is still held: nothing that could change the result has changed."
    ]
    order.refresh_from_db()
    assert order.state == "held"


def test_several_held_orders_of_several_stores_are_tried_again_from_the_list(support, store):
    one, two = (kept(each, without_lines(raw_orders(1)[0]))[0] for each in (store, make_store()))
    ready = made(store)
    for order in (one, two):
        repaired(order)
    response = support.post(
        reverse(LIST), {"action": "retry", "_selected_action": [one.pk, two.pk, ready.pk], "sure": "yes"}
    )
    assert set(Order.objects.values_list("state", flat=True)) == {"exportable"}
    assert words(response) == ["2 orders are released for Stone Edge."]


def test_trying_again_needs_the_permission_to_change_orders_and_a_post(client, store):
    user = User.objects.create_user("reader", password="correct-horse-battery", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_order"))
    client.force_login(user)
    order = kept(store, without_lines(raw_orders(1)[0]))[0]
    repaired(order)
    assert "Try again" not in text(page(client, order))
    assert retry(client, order).status_code == 403
    client.post(reverse(LIST), {"action": "retry", "_selected_action": [order.pk], "sure": "yes"})
    user.user_permissions.add(Permission.objects.get(codename="decide_order"))
    client.get(reverse("admin:orders_order_retry", args=[order.pk]))
    order.refresh_from_db()
    assert order.state == "held"
    assert "Try again" in text(page(client, order))
    retry(client, order)
    order.refresh_from_db()
    assert order.state == "exportable"


def test_the_stores_list_counts_waiting_and_held_orders_as_the_health_does(store):
    raws = raw_orders(4)
    first, *_ = kept(store, *raws[:3], without_lines(raws[3]))
    empty, fresh = make_store(), make_store()
    kept(fresh, raws[0])
    desktop, _ = make_desktop(store)
    serve.note_download(desktop, [first])
    for row in with_orders(Store.objects.all()):
        health = summary(row)
        assert (row.waiting, row.held) == (health.waiting, health.held)
    assert {row.pk: (row.waiting, row.held) for row in with_orders(Store.objects.all())} == {
        store.pk: (2, 1),
        empty.pk: (0, 0),
        fresh.pk: (1, 0),
    }


def test_the_strip_of_a_store_tells_how_many_orders_wait_and_are_held(support, store):
    raws = raw_orders(2)
    kept(store, raws[0], without_lines(raws[1]))
    Order.objects.filter(state="exportable").update(numbered_at=timezone.now() - timedelta(hours=2))
    facts = dict(support.get(reverse("admin:stores_store_change", args=[store.pk])).context["facts"])
    assert facts["Waiting for Stone Edge"] == "1, the oldest for 2 hours"
    assert facts["Held"] == 1


@pytest.fixture
def knocks(monkeypatch):
    """The names and arguments of the tasks that were sent, recorded where Celery hands them to the broker."""
    from config.celery import app

    sent: list[tuple[str, tuple]] = []
    monkeypatch.setattr(
        app.amqp,
        "send_task_message",
        lambda producer, name, message, **options: sent.append((name, message.body[0])),
    )
    return sent


def pull(client, *stores: Store):
    return client.post(
        reverse("admin:stores_store_changelist"),
        {"action": "pull", "_selected_action": [each.pk for each in stores], "sure": "yes"},
    )


@pytest.mark.django_db(transaction=True)
def test_pull_now_makes_the_stores_due_and_knocks_at_the_workers(support, knocks):
    first, second, other = make_store(), make_store(), make_store()
    tomorrow = timezone.now() + timedelta(days=1)
    PullCursor.objects.update(due_at=tomorrow)
    response = pull(support, first, second)
    due = set(PullCursor.objects.filter(due_at__lte=timezone.now()).values_list("store_id", flat=True))
    assert due == {first.pk, second.pk}
    assert PullCursor.objects.get(store=other).due_at == tomorrow
    assert sorted(knocks) == [("orders.tasks.pull_store", (key,)) for key in sorted((first.pk, second.pk))]
    assert words(response)[0].startswith("Pulling now: ")


@pytest.mark.django_db(transaction=True)
def test_pull_now_leaves_paused_and_switched_off_stores_alone_and_says_so(support, knocks):
    paused, off = (
        make_store(paused_reason="Moving"),
        make_store(merchant=make_merchant(name="Zebra", active=False)),
    )
    PullCursor.objects.update(due_at=timezone.now() + timedelta(days=1))
    response = pull(support, paused, off)
    assert not PullCursor.objects.filter(due_at__lte=timezone.now()).exists()
    assert knocks == []
    assert words(response) == ["Not pulled, because paused or switched off."]


@pytest.mark.django_db(transaction=True)
def test_pull_now_works_without_a_broker_because_the_row_is_the_queue(support, monkeypatch, store):
    from kombu.exceptions import OperationalError

    from config.celery import app

    def unreachable(*_: object, **__: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(app.amqp, "send_task_message", unreachable)
    PullCursor.objects.update(due_at=timezone.now() + timedelta(days=1))
    response = support.post(reverse("admin:stores_store_pull", args=[store.pk]), {"sure": "yes"})
    assert response.status_code == 302
    assert PullCursor.objects.get(store=store).due_at <= timezone.now()
