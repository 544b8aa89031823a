"""Sent again to Stone Edge: a new place at the end of the sequence, noted on the order, once for each time that it is asked."""

from __future__ import annotations

import html

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone

from orders import serve
from orders.keep import keep
from orders.models import ExportSequence, Order, Resend
from orders.release import resend
from stores.models import AuditEntry, Desktop, Store
from tests.factories import as_sent, make_desktop, make_store, raw_orders

pytestmark = pytest.mark.django_db
LIST = "admin:orders_order_changelist"


@pytest.fixture
def store():
    store = make_store()
    keep(store, raw_orders(4), fetched_at=timezone.now(), road="queue_ack")
    return store


@pytest.fixture
def desktop(store):
    return make_desktop(store)[0]


@pytest.fixture
def support(client):
    client.force_login(User.objects.create_superuser("support", "support@example.com", "correct-horse"))
    return client


def orders(store: Store) -> list[Order]:
    return list(Order.objects.of(store).order_by("pk"))


def download(desktop: Desktop, last_order: object = "", *, arrives: bool = True) -> list[int]:
    """What a desktop gets that names this order; an answer that is lost was given all the same."""
    selection = serve.select(desktop.store, str(last_order), None, desktop)
    rows, _ = serve.batch(desktop.store, selection, 1, 50)
    serve.note_download(desktop, rows, selection.after)
    assert selection.count() == len(rows)
    return [row.miva_id for row in rows] if arrives else []


def send_again(store: Store, *numbers: int) -> list[Resend]:
    return resend(store, numbers, reason="Deleted by mistake", by=None)


@pytest.mark.sqlite
def test_an_order_that_is_sent_again_comes_with_the_next_download_and_only_it(store, desktop):
    first, *_, last = download(desktop)
    [note] = send_again(store, first)
    assert (note.former_number, note.export_number) == (1, 5)
    assert download(desktop, last) == [first]
    assert ExportSequence.objects.get(store=store).last_number == 5


@pytest.mark.sqlite
def test_several_keep_their_order(store, desktop):
    first, second, _, last = download(desktop)
    send_again(store, second, first)
    assert download(desktop, last) == [first, second]


@pytest.mark.sqlite
def test_a_desktop_that_has_the_new_copy_is_not_sent_back_to_where_the_first_stood(store, desktop):
    first, *_, last = download(desktop)
    send_again(store, first)
    assert download(desktop, last) == [first]
    assert download(desktop, first) == []
    keep(store, [raw_orders(5)[4]], fetched_at=timezone.now(), road="queue_ack")
    assert len(download(desktop, first)) == 1


def test_a_new_copy_whose_answer_was_lost_is_given_again(store, desktop):
    first, *_, last = download(desktop)
    send_again(store, first)
    download(desktop, last, arrives=False)
    assert download(desktop, last) == [first]


def test_orders_behind_the_first_copy_that_the_desktop_never_got_are_not_passed_over(store, desktop):
    first, *others = [order.miva_id for order in orders(store)]
    serve.note_download(desktop, orders(store)[:1])  # it has the first alone
    download(desktop, first, arrives=False)
    send_again(store, first)
    download(desktop, first, arrives=False)
    assert download(desktop, first) == [*others, first]


def test_another_desktop_of_the_store_is_judged_by_what_it_was_given_itself(store, desktop):
    other, _ = make_desktop(store)
    first, *others = download(desktop)
    serve.note_download(other, orders(store)[:1])
    send_again(store, first)
    assert download(desktop, others[-1]) == [first]
    assert download(other, first) == [*others, first]


def test_an_order_can_be_sent_again_a_second_time(store, desktop):
    first, second, _, last = download(desktop)
    send_again(store, first)
    download(desktop, last)
    send_again(store, second)
    assert download(desktop, first) == [second]
    send_again(store, first)
    assert download(desktop, second) == [first]
    assert download(desktop, first) == []
    assert [str(note) for note in Resend.objects.order_by("pk")] == ["1 → 5", "2 → 6", "5 → 7"]


def test_by_date_it_comes_on_the_day_on_which_it_was_sent_again(store, desktop):
    first, *_ = download(desktop)
    Order.objects.of(store).update(placed_at="2026-01-01T12:00:00Z")
    send_again(store, first)
    today = timezone.now().astimezone(store.zone).date()
    rows, _ = serve.batch(store, serve.select(store, "999999", today, desktop), 1, 50)
    assert [row.miva_id for row in rows] == [first]


@pytest.mark.sqlite
def test_an_order_that_nobody_was_given_yet_keeps_its_place(store, desktop):
    assert send_again(store, *[order.miva_id for order in orders(store)]) == []
    assert [order.export_number for order in orders(store)] == [1, 2, 3, 4]


@pytest.mark.sqlite
def test_asked_twice_it_is_sent_again_once(store, desktop):
    first, *_, last = download(desktop)
    assert len(send_again(store, first)) == 1
    assert send_again(store, first) == []
    assert download(desktop, last) == [first]


def test_another_stores_order_with_the_same_number_stays_where_it_is(store, desktop):
    other = make_store()
    keep(other, raw_orders(4), fetched_at=timezone.now(), road="queue_ack")
    download(make_desktop(other)[0])
    first, *_ = download(desktop)
    send_again(store, first)
    assert [order.export_number for order in orders(other)] == [1, 2, 3, 4]


def test_what_can_no_longer_be_translated_is_held_and_goes_when_it_is_released(store, desktop):
    first, *_ = download(desktop)
    raw = as_sent(raw_orders(1)[0])
    Order.objects.filter(miva_id=first).update(raw=raw | {"items": []})
    assert send_again(store, first) == []
    assert Order.objects.get(miva_id=first).state == Order.State.HELD


def page(order: Order, button: str) -> str:
    return reverse(f"admin:orders_order_{button}", args=[order.pk])


def text(response) -> str:
    return html.unescape(response.content.decode())


def test_the_button_asks_for_the_reason_and_the_order_says_who_when_and_why(support, store, desktop):
    download(desktop)
    order = orders(store)[0]
    assert "Send again to Stone Edge…" in text(support.get(page(order, "change")))
    question = text(support.get(page(order, "resend")))
    assert "Send 1 order again to Stone Edge?" in question
    assert not Resend.objects.exists()
    support.post(page(order, "resend"), {"reason": "", "sure": "yes"})
    assert not Resend.objects.exists()
    support.post(page(order, "resend"), {"reason": "Deleted by mistake", "sure": "yes"})
    shown = text(support.get(page(order, "change")))
    assert "by support: Deleted by mistake (export number 1 became 5)" in shown
    assert "export number 5. It goes again with the next download." in shown
    assert "Send again to Stone Edge…" not in shown
    noted = AuditEntry.objects.get(verb="send again")
    assert (noted.reason, noted.actor_name) == ("Deleted by mistake", "support")


def test_a_doubled_click_sends_once_and_says_so(support, store, desktop):
    download(desktop)
    order = orders(store)[0]
    for _ in range(2):
        answer = support.post(
            page(order, "resend"), {"reason": "Deleted by mistake", "sure": "yes"}, follow=True
        )
    assert Resend.objects.count() == 1
    assert "there is nothing to send again" in text(answer)


def test_several_are_sent_again_from_the_list_and_those_that_wait_are_left(support, store, desktop):
    given = orders(store)[:2]
    serve.note_download(desktop, given)
    chosen = {"action": "resend", "_selected_action": [order.pk for order in orders(store)]}
    question = text(support.post(reverse(LIST), chosen))
    assert "Send 2 orders again to Stone Edge?" in question
    support.post(reverse(LIST), chosen | {"reason": "Stone Edge was restored from a backup", "sure": "yes"})
    assert [note.order for note in Resend.objects.order_by("pk")] == given


def test_who_may_only_look_cannot_send_again(client, store, desktop):
    download(desktop)
    user = User.objects.create_user("reader", password="correct-horse", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)
    order = orders(store)[0]
    assert "Send again" not in text(client.get(page(order, "change")))
    assert client.post(page(order, "resend"), {"reason": "x"}).status_code == 403
    assert not Resend.objects.exists()
