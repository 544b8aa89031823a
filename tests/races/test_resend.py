"""Sending again beside a download, and beside itself."""

from __future__ import annotations

import pytest
from django.utils import timezone

from orders import serve
from orders.keep import keep
from orders.models import ExportSequence, Order, Resend
from orders.release import resend
from stores.models import Desktop
from tests.factories import make_desktop, make_store, raw_orders
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def download(desktop: Desktop, last_order: object = "") -> list[int]:
    selection = serve.select(desktop.store, str(last_order), None, desktop)
    rows, _ = serve.batch(desktop.store, selection, 1, 50)
    serve.note_download(desktop, rows, selection.after)
    return [row.miva_id for row in rows]


@pytest.fixture
def store():
    store = make_store()
    keep(store, raw_orders(6), fetched_at=timezone.now(), road="queue_ack")
    return store


@pytest.mark.parametrize("_round", range(4))
def test_whatever_is_downloaded_at_that_moment_the_order_comes_once_more(store, _round):
    desktop, _ = make_desktop(store)
    first, *_, last = download(desktop)
    keep(store, raw_orders(8)[6:], fetched_at=timezone.now(), road="queue_ack")

    def work(index: int) -> object:
        return download(desktop, last) if index else resend(store, [first], reason="Lost", by=None)

    [note], given = at_once(2, work)
    rest = download(desktop, given[-1])
    assert given + rest == [*[raw["id"] for raw in raw_orders(8)[6:]], first]
    assert note.export_number == 9
    assert ExportSequence.objects.get(store=store).last_number == 9


@pytest.mark.parametrize("_round", range(3))
def test_pressed_by_several_at_once_it_is_sent_again_once(store, _round):
    first, *_ = download(make_desktop(store)[0])
    made = at_once(4, lambda _: resend(store, [first], reason="Lost", by=None))
    assert sum(map(len, made)) == 1
    assert Resend.objects.count() == 1
    assert Order.objects.get(store=store, miva_id=first).export_number == 7
