"""What a desktop was given is kept to the byte, and shown on the order's page instead of a new translation."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from orders import documents
from orders.keep import keep
from orders.models import Download, DownloadDocument, Order
from orders.release import resend
from orders.seti import downloadorders
from orders.tasks import prune_documents
from stores.seti.requests import parse
from tests.factories import later, make_desktop, make_store, raw_orders, without_lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def store():
    return make_store()


def kept(store, *raws) -> list[Order]:
    keep(store, list(raws), fetched_at=timezone.now(), road="queue_ack")
    return [Order.objects.get(store=store, miva_id=raw["id"]) for raw in raws]


def download(store, last: str = "All") -> str:
    """What a new login of the store is answered."""
    body = f"setifunction=downloadorders&lastorder={last}".encode()
    desktop = store.desktops.first() or make_desktop(store)[0]
    return downloadorders(desktop, parse(body, "application/x-www-form-urlencoded")).decode()


@pytest.fixture
def shown(client):
    """Return a function that opens an order's page."""
    client.force_login(User.objects.create_superuser("support"))

    def page(order: Order) -> str:
        answer = client.get(reverse("admin:orders_order_change", args=[order.pk]))
        return html.unescape(answer.content.decode())

    return page


def test_each_order_of_a_batch_is_kept_as_it_stood_in_the_answer(store):
    orders = kept(store, *raw_orders(3, bill_comp="Müller & <Söhne>"))
    answer = download(store)
    for order in orders:
        given, text = documents.latest(order)
        assert given == Download.objects.get()
        assert text.startswith(f"<Order><OrderNumber>{order.miva_id}</OrderNumber>")
        assert text.endswith("</Order>")
        assert text in answer


def test_an_answer_with_a_hole_in_its_numbers_keeps_every_order(store):
    first, second, third = kept(store, *raw_orders(3))
    keep(store, [without_lines(later(second.raw))], fetched_at=timezone.now(), road="queue_ack")
    answer = download(store)
    assert DownloadDocument.objects.count() == 2
    assert documents.latest(second) is None
    assert all(documents.latest(order)[1] in answer for order in (first, third))


def test_an_order_that_was_sent_again_is_shown_as_it_was_given_last(store):
    (order,) = kept(store, raw_orders(1)[0])
    download(store)
    keep(store, [later(order.raw, bill_comp="New Company")], fetched_at=timezone.now(), road="queue_ack")
    resend(store, [order.miva_id], reason="Deleted", by=None)
    order.refresh_from_db()
    assert "New Company" not in documents.latest(order)[1]
    download(store)
    assert "New Company" in documents.latest(order)[1]


def test_the_page_shows_what_stone_edge_got_also_after_an_edit_and_says_that_it_would_be_different(
    store, shown
):
    (order,) = kept(store, raw_orders(1)[0])
    assert "Not given to Stone Edge yet" in shown(order)
    answer = download(store)
    page = shown(order)
    assert "The exact XML that Stone Edge got" in page
    assert f">{documents.latest(order)[1]}</textarea>" in page
    assert documents.latest(order)[1] in answer
    assert "What it would get now" not in page
    keep(store, [later(order.raw, bill_comp="New Company")], fetched_at=timezone.now(), road="queue_ack")
    page = shown(order)
    assert "Not the same as it got" in page
    assert "New Company" not in page.partition('id="exact-xml"')[2]


def test_a_desktop_that_asks_the_same_for_ever_fills_no_disk(store):
    (order,) = kept(store, raw_orders(1)[0])
    download(store)
    download(store)
    assert DownloadDocument.objects.count() == 1
    assert documents.latest(order)[0] == Download.objects.of(store).first()  # the newest
    keep(store, [later(order.raw, bill_comp="New Company")], fetched_at=timezone.now(), road="queue_ack")
    download(store)
    assert DownloadDocument.objects.count() == 2


def test_a_text_that_is_not_kept_any_more_is_not_claimed(store, shown):
    (order,) = kept(store, raw_orders(1)[0])
    download(store)
    assert prune_documents() == 0
    Download.objects.update(at=timezone.now() - documents.KEPT - timedelta(hours=1))
    assert prune_documents() == 1
    page = shown(order)
    assert "What it got then is not kept" in page
    assert "The exact XML that Stone Edge got" not in page


def test_no_store_sees_what_another_was_given(store):
    other = make_store()
    raw = raw_orders(1)[0]
    kept(store, raw)
    (order,) = kept(other, raw)
    download(store)
    assert documents.latest(order) is None
