"""A store stops and works again: its page says so, and people are told both, in time."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from config.standing import services
from config.tasks import send_notices, watch_services
from orders.pull import pull
from stores.health import State
from stores.miva.errors import MivaError
from stores.models import PullCursor, Store
from stores.sandbox import SandboxStore, serve
from tests.config.alerting import make_recipient
from tests.factories import make_merchant, store_of

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock():
    with time_machine.travel(datetime(2026, 3, 2, 15, 0, tzinfo=UTC)) as traveller:
        yield traveller


def live_through(clock, store, minutes, each=1):
    """Let the clock do each so many minutes what it does: pull what is due, look, send."""
    for _ in range(0, minutes, each):
        clock.shift(each * MINUTE)
        if PullCursor.objects.get(store=store).due_at <= timezone.now():
            with suppress(MivaError):
                pull(store)
        watch_services()
        send_notices()


def state_of(store) -> State:
    fresh = Store.objects.select_related("merchant", "cursor").get(pk=store.pk)
    return services(fresh)[0].state


def test_a_shop_that_stops_and_comes_back_is_told_once_each(clock):
    shop = SandboxStore(seed=3, orders=2, skipped_share=0.0)
    merchant = make_merchant(name="Acme Mugs", time_zone="Europe/Berlin")
    make_recipient(merchant)
    with serve(shop) as server:
        store = store_of(shop, server, merchant=merchant, name="Acme Web", interval_minutes=5)
        live_through(clock, store, 6, each=3)
        assert state_of(store) == State.OK
        assert mail.outbox == []
        shop.faults.add("refuse", times=None)
        live_through(clock, store, 6)
        assert state_of(store) == State.FAILING
        assert mail.outbox == []
        live_through(clock, store, 14)
        (told,) = mail.outbox
        assert told.subject == "Acme Mugs · Acme Web: Orders from Miva – Stands still"
        assert f"/status/{store.slug}/" in told.body
        shop.faults.clear()
        live_through(clock, store, 70, each=5)
    assert state_of(store) == State.OK
    assert [each.subject.partition("– ")[2] for each in mail.outbox] == ["Stands still", "Works again"]
    assert "over after" in mail.outbox[1].body
