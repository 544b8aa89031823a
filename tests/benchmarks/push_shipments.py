"""push_shipments: shipments a second that a worker pushes, against a shop in a process of its own that takes 50 ms for each call.

The limit is the same calls, in the same number and side by side, made by the bare client with nothing else to do.
"""

import functools
import json
import multiprocessing
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from decimal import Decimal

from django.db import connection, connections

from fulfillment.models import Shipment
from fulfillment.push import push
from fulfillment.record import record
from orders.models import Order
from orders.pull import pull
from stores.miva import shipments as miva
from stores.miva import transport
from stores.miva.client import MivaClient
from stores.models import Store
from stores.seti.status_updates import Package, StatusUpdate
from stores.wires import credentials_of
from tests.benchmarks.report import note, report
from tests.factories import make_merchant, make_store
from tests.services import die_with_parent

SHIPMENTS, AT_ONCE, WARM = 200, 4, 8
SHOP = """
import json, sys, time
from stores.sandbox import SandboxStore, serve
shop = SandboxStore(seed=23, skipped_share=0.0)
while len(shop.queues["new_and_updated"]) < int(sys.argv[1]):
    shop.place_order(items=[{"quantity": 2}, {"quantity": 1}])
with serve(shop) as server:
    names = ("OrderList_Load_Query", "OrderItemList_CreateShipment", "OrderShipmentList_Update")
    for name in names:
        shop.faults.add("slow", name, times=None, seconds=0.05)
    print(json.dumps({"endpoint": server.endpoint, "store_code": shop.store_code, "token": shop.token,
                      "signing_key": shop.signing_key}), flush=True)
    time.sleep(600)
"""


def measure() -> None:
    """Push half of the orders, ship the other half with the bare client."""
    with shop(2 * SHIPMENTS + WARM) as endpoint:
        merchant = make_merchant(name="push_shipments", slug="push-shipments")
        store = make_store(**endpoint, merchant=merchant, slug="push-shipments", complete_only=False)
        pull(store, budget=float("inf"))
        numbers = list(Order.objects.of(store).order_by("pk").values_list("miva_id", flat=True))
        owe(store, numbers[:WARM])
        push(store, budget=60)
        owe(store, numbers[WARM : WARM + SHIPMENTS])
        note(f"push_shipments: {SHIPMENTS} shipments, {AT_ONCE} side by side, 50 ms for each call ...")
        seconds = timed(functools.partial(pushed, store), range(AT_ONCE))
        assert Shipment.objects.of(store).filter(done_at=None).count() == 0
        alone = timed(functools.partial(bare, store), numbers[WARM + SHIPMENTS : WARM + 2 * SHIPMENTS])
    report("push_shipments", SHIPMENTS / seconds, "shipments/s", SHIPMENTS / alone)


@contextmanager
def shop(orders: int) -> Iterator[dict[str, str]]:
    """A shop with so many orders; gives what it announces."""
    process = subprocess.Popen(
        [sys.executable, "-c", SHOP, str(orders)],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.communicate()


def owe(store: Store, numbers: Sequence[int]) -> None:
    """Record that these orders are shipped."""
    record(
        store,
        [StatusUpdate(str(each), "Shipped", packages=(Package(f"1Z{each}", "UPS"),)) for each in numbers],
    )


def pushed(store: Store, _: int) -> None:
    """Push like one process of a worker: until nothing is left."""
    while Shipment.objects.of(store).filter(done_at=None, leased_until=None).exists():
        push(store, budget=60)


def bare(store: Store, number: int) -> None:
    """The calls of one shipment."""
    client = MivaClient(credentials_of(store), allow_private=True, allow_http=True)
    lines = [line.line_id for line in miva.read_order(client, number).lines]
    made = miva.create_shipment(client, number, lines)
    update = miva.ShipmentUpdate(
        shipment_id=made.shipment_id,
        tracknum=f"1Z{number}",
        tracktype="UPS",
        cost=Decimal(0),
        mark_shipped=True,
    )
    miva.update_shipments(client, [update])
    miva.read_order(client, number)


def timed(work: Callable[[int], None], each: Sequence[int]) -> float:
    """Return the seconds for all of it, in AT_ONCE processes side by side, as Celery's are; they are there before it begins."""
    connection.close()
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(AT_ONCE, mp_context=context, initializer=alone_here) as processes:
        list(processes.map(time.sleep, [0.2] * AT_ONCE))
        began = time.perf_counter()
        list(processes.map(work, each))
        return time.perf_counter() - began


def alone_here() -> None:
    """Share no connection with the process that this one was forked from."""
    connections.close_all()
    transport._shared.clear()
