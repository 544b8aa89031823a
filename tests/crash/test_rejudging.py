"""kill -9 in the middle of judging orders again: the batch is undone with its position, and whoever comes next completes it."""

from __future__ import annotations

import signal
import time

from django.db import connection, transaction
from django.utils import timezone

from orders import rejudging
from orders.keep import keep, locked_sequence
from orders.models import Order, Rejudgement, TranslationSettings
from tests.factories import as_sent, make_store, raw_orders

ORDERS = 3
WORK = "from orders.tasks import rejudge_store; rejudge_store({store})"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def waits_for_the_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return cursor.fetchone()[0] > 0


def test_killed_inside_a_batch_nothing_is_lost_and_nothing_done_twice(portal):
    store = make_store()
    raws = [as_sent(raw) | {"total": raw["total"] + type(raw["total"])("0.10")} for raw in raw_orders(ORDERS)]
    keep(store, raws, fetched_at=timezone.now(), road="queue_ack")
    TranslationSettings.objects.create(store=store, tolerance="0.10")
    rejudging.ask([store])
    with transaction.atomic():
        locked_sequence(store)  # the worker has begun its batch and waits for us
        worker = portal.begin("shell", "-c", WORK.format(store=store.pk))
        deadline = time.monotonic() + 120
        while not waits_for_the_lock():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
    assert Rejudgement.objects.get(store=store).position == 0
    assert Order.objects.filter(state="held").count() == ORDERS
    assert rejudging.work(store, budget=30)
    numbers = Order.objects.filter(state="exportable").values_list("export_number", flat=True)
    assert sorted(numbers) == list(range(1, ORDERS + 1))
