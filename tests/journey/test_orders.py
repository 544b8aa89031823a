"""The map of the architecture, walked by real processes: Miva -> clock -> worker -> database -> web -> Stone Edge."""

import json
import time
import urllib.request
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

from stores.miva.provision import CATALOGUE_PROBES, SHIPMENT_PROBES, STOCK_PROBES
from stores.models import Exchange, PullCursor
from stores.sandbox import SandboxStore, serve
from tests.portal import Portal


def connect(portal: Portal, shop: SandboxStore, endpoint: str) -> dict[str, Any]:
    """Connect the shop as support does, secrets on standard input."""
    options = [
        "--merchant",
        "Journey",
        "--name",
        "Journey",
        "--endpoint",
        endpoint,
        "--store-code",
        shop.store_code,
    ]
    secrets = ["--token", "-", "--signing-key", "-"]
    return portal.asked("connect_store", *options, *secrets, text=f"{shop.token}\n{shop.signing_key}\n")


def login(given: dict[str, Any]) -> list[str]:
    """Return the desktop command's options for these credentials."""
    names = {
        "--url": "script_url",
        "--username": "username",
        "--password": "password",
        "--store-code": "store_code",
    }
    return [part for option, name in names.items() for part in (option, given[name])]


def wait_for(count: int, seconds: float) -> None:
    """Wait until the pull is done; what it found is for the test to judge."""
    deadline = time.monotonic() + seconds
    while not PullCursor.objects.filter(last_good_at__isnull=False).exists():
        assert time.monotonic() < deadline, list(
            PullCursor.objects.values("problem", "remedy", "last_tried_at")
        )
        time.sleep(0.2)


def lines_of(order: dict[str, Any]) -> list[tuple[int, int]]:
    """Return line number and quantity of a shop's order."""
    return [(item["line_id"], item["quantity"]) for item in order["items"]]


def test_the_portal_gets_ready_and_orders_arrive_at_the_desktop_once_and_to_the_cent(portal: Portal) -> None:
    shop = SandboxStore(seed=7)
    with ExitStack() as running, serve(shop) as server:
        running.enter_context(portal.web())
        running.enter_context(portal.worker())
        given = connect(portal, shop, server.endpoint)
        placed = {str(order["id"]): order for order in (shop.place_order() for _ in range(7))}
        queued = {str(number) for number in shop.queues["new_and_updated"]}
        assert len(queued) > 1
        running.enter_context(portal.clock())
        wait_until_ready(portal)
        wait_for(len(queued), 120)

        assert portal.asked("desktop", "version", *login(given))["version"]
        assert portal.asked("desktop", "count", *login(given)) == {"ordercount": len(queued)}
        answer = portal.asked("desktop", "orders", *login(given), "--batch", "2")

    imported = {order["OrderNumber"]: order for order in answer["orders"]}
    assert answer["count"] == len(imported) == len(queued)
    assert imported.keys() == queued
    for number, order in imported.items():
        assert Decimal(order["Totals"]["GrandTotal"]) == placed[number]["total"]
        bought = {(int(line["LineID"]), int(line["Quantity"])) for line in order["Shipping"]["Product"]}
        assert set(lines_of(placed[number])) <= bought
    assert not shop.queues["new_and_updated"], "what is safe here is acknowledged"
    assert {str(number) for number in shop.queues["successfully_retrieved_orders"]} == queued
    asked_for_nothing = Exchange.objects.filter(
        function__in={*CATALOGUE_PROBES, *SHIPMENT_PROBES, *STOCK_PROBES}, outcome="refused"
    )
    failed = Exchange.objects.exclude(outcome="ok").exclude(pk__in=asked_for_nothing)
    assert list(failed.values_list("function", "error")) == []


def wait_until_ready(portal: Portal) -> None:
    """Wait until the portal says that its database, its cache, its clock and its worker run."""
    deadline = time.monotonic() + 120
    while (told := readiness(portal)) != {"ready": True, "database": "ok", "cache": "ok", "clock": "ok"}:
        assert time.monotonic() < deadline, told
        time.sleep(0.2)


def readiness(portal: Portal) -> dict[str, Any]:
    """Return what /health/ready/ says."""
    with urllib.request.urlopen(f"{portal.url}/health/ready/", timeout=30) as answer:
        return json.load(answer)
