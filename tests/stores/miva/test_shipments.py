"""Shipping over the client, against a store with memory and against scripted answers."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from stores.miva import shipments
from stores.miva.client import Credentials, MivaClient, Timeouts
from stores.miva.errors import (
    FunctionNotGranted,
    MivaDown,
    MivaError,
    MivaLocked,
    MivaRefused,
    MivaUnsure,
    NotFound,
    ParametersRefused,
)
from stores.miva.functions import ACKNOWLEDGE_FUNCTION
from stores.miva.provision import SHIPMENT_PROBES, check_connection
from stores.miva.shipments import ShipmentUpdate
from stores.miva.transport import open_http
from stores.sandbox import SandboxStore, Server, serve

Scripted = Callable[..., Any]
Call = Callable[[MivaClient, int, int], Any]

WAITING = Timeouts(connect=1, read=0.5, total=2)


@pytest.fixture
def shop() -> SandboxStore:
    return SandboxStore(seed=3)


@pytest.fixture
def server(shop: SandboxStore) -> Iterator[Server]:
    with serve(shop) as running:
        yield running


@pytest.fixture
def client(shop: SandboxStore, server: Server) -> Iterator[MivaClient]:
    keys = Credentials(server.endpoint, shop.store_code, shop.token, shop.signing_key)
    with open_http(allow_private=True) as http:
        yield MivaClient(keys, http=http, allow_private=True, allow_http=True, timeouts=WAITING)


@pytest.fixture
def order_id(shop: SandboxStore) -> int:
    """Three lines of 1, 5 and 2 units, paid."""
    items = [{"code": code, "price": 4, "quantity": count} for code, count in (("A", 1), ("B", 5), ("C", 2))]
    return int(shop.place_order(items=items, payments=[{"amount": 32}])["id"])


@pytest.fixture
def line_ids(shop: SandboxStore, order_id: int) -> list[int]:
    return [line["line_id"] for line in shop.orders[order_id]["items"]]


def shipped(shipment_id: int, tracknum: str = "1Z1", **given: Any) -> ShipmentUpdate:
    values = {"tracktype": "UPS", "cost": Decimal("7.25"), "mark_shipped": True} | given
    return ShipmentUpdate(shipment_id=shipment_id, tracknum=tracknum, **values)


def test_an_order_in_three_shipments_ends_as_shipped(
    client: MivaClient, order_id: int, line_ids: list[int]
) -> None:
    first, second, third = line_ids
    statuses = []
    part = shipments.split_line(client, order_id, second, 3).split.line_id
    for number, lines in enumerate(([first, part], [second], [third])):
        made = shipments.create_shipment(client, order_id, lines)
        shipments.update_shipments(client, [shipped(made.shipment_id, f"1Z{number}")])
        statuses.append(shipments.read_order(client, order_id).status)
    assert statuses == [201, 201, 200]
    state = shipments.read_order(client, order_id)
    assert [each.tracknum for each in state.shipments] == ["1Z0", "1Z1", "1Z2"]
    assert all(each.is_shipped and each.tracklink.endswith(each.tracknum) for each in state.shipments)
    held = [[line.quantity for line in state.lines_in(each.shipment_id)] for each in state.shipments]
    assert held == [[1, 3], [2], [2]]


def test_a_shipment_reads_as_the_store_has_it(
    client: MivaClient, shop: SandboxStore, order_id: int, line_ids: list[int]
) -> None:
    made = shipments.create_shipment(client, order_id, line_ids[:1])
    assert (made.order_id, made.status, made.tracknum, made.shipped_at) == (order_id, 100, "", 0)
    shipments.update_shipments(client, [shipped(made.shipment_id)])
    state = shipments.read_order(client, order_id)
    read = state.shipment(made.shipment_id)
    assert read is not None
    assert (read.code, read.cost, read.tracktype) == (made.code, Decimal("7.25"), "UPS")
    assert read.shipped_at == shop.orders[order_id]["shipments"][0]["ship_date"] > 0
    assert state.shipment(999) is None
    assert state.line(999) is None


def test_only_lines_that_are_still_here_can_ship(
    client: MivaClient, shop: SandboxStore, order_id: int, line_ids: list[int]
) -> None:
    shop.ship(order_id, line_ids[:1])
    shop.cancel(order_id, line_ids[1:2])
    state = shipments.read_order(client, order_id)
    assert [line.line_id for line in state.shippable] == line_ids[2:]


@pytest.mark.parametrize("status", [200, 210, 220, 221, 300, 500, 600, 999])
def test_a_line_that_has_gone_another_way_cannot_ship(
    client: MivaClient, shop: SandboxStore, status: int
) -> None:
    order = shop.place_order(items=[{"code": "A", "status": status}])
    assert shipments.read_order(client, order["id"]).shippable == ()


def test_several_orders_are_read_in_one_call(client: MivaClient, shop: SandboxStore) -> None:
    ids = [int(shop.place_order()["id"]) for _ in range(3)]
    assert set(shipments.read_orders(client, [*ids, 99_999])) == set(ids)
    assert len(shop.calls) == 1


def test_an_order_that_is_gone_is_not_found(client: MivaClient) -> None:
    with pytest.raises(NotFound, match="no order 99999"):
        shipments.read_order(client, 99_999)


def test_an_update_writes_everything_it_has(
    client: MivaClient, shop: SandboxStore, order_id: int, line_ids: list[int]
) -> None:
    made = shop.ship(order_id, line_ids, tracknum="old", tracktype="UPS", cost=Decimal(3))
    shipments.update_shipments(
        client, [shipped(made["id"], "new", tracktype="", cost=Decimal(0), mark_shipped=False)]
    )
    read = shipments.read_order(client, order_id).shipments[0]
    assert (read.tracknum, read.tracktype, read.cost, read.is_shipped) == ("new", "", Decimal(0), True)


def test_a_shipment_that_the_store_does_not_have_shows_only_in_what_is_read(
    client: MivaClient, order_id: int
) -> None:
    shipments.update_shipments(client, [shipped(999)])
    assert shipments.read_order(client, order_id).shipments == ()


def test_nothing_is_sent_for_no_updates(client: MivaClient, shop: SandboxStore) -> None:
    shipments.update_shipments(client, [])
    assert not shop.calls


def test_lines_are_cancelled_with_the_reason(
    client: MivaClient, shop: SandboxStore, order_id: int, line_ids: list[int]
) -> None:
    shipments.cancel_lines(client, order_id, line_ids[:1], "Out of stock")
    line = shop.orders[order_id]["items"][0]
    assert (line["status"], line["options"][0]["data"]) == (300, "Out of stock")
    shipments.cancel_lines(client, order_id, line_ids[1:2])
    assert "options" not in shop.orders[order_id]["items"][1]


def test_lines_are_back_ordered_until_a_day(
    client: MivaClient, shop: SandboxStore, order_id: int, line_ids: list[int]
) -> None:
    shipments.back_order_lines(client, order_id, line_ids[:1], datetime(2027, 1, 1, tzinfo=UTC))
    shipments.back_order_lines(client, order_id, line_ids[1:2])
    lines = shop.orders[order_id]["items"]
    assert [(line["status"], line["dt_instock"]) for line in lines] == [(400, 1798761600), (400, 0), (0, 0)]


def test_the_permissions_for_shipping_are_checked_without_changing_anything(
    client: MivaClient, shop: SandboxStore, order_id: int
) -> None:
    before = deepcopy(shop.orders)
    checks = check_connection(client, catalogue=False, stock=False)
    assert [each.name for each in checks if not each.ok] == []
    assert {call.function for call in shop.calls} >= set(SHIPMENT_PROBES)
    assert shop.orders == before


@pytest.mark.parametrize("missing", SHIPMENT_PROBES)
def test_a_permission_that_is_missing_is_named(client: MivaClient, shop: SandboxStore, missing: str) -> None:
    others = {"OrderList_Load_Query", "OrderCustomFieldList_Load", ACKNOWLEDGE_FUNCTION, *SHIPMENT_PROBES}
    shop.granted_functions = others - {missing}
    checks = check_connection(client, catalogue=False, stock=False)
    assert [each.name for each in checks if not each.ok] == [missing]


CHANGES: dict[str, Call] = {
    "OrderItemList_CreateShipment": lambda client, order, line: shipments.create_shipment(
        client, order, [line]
    ),
    "OrderShipmentList_Update": lambda client, order, line: shipments.update_shipments(client, [shipped(77)]),
    "OrderItem_Split": lambda client, order, line: shipments.split_line(client, order, line, 1),
    "OrderItemList_Cancel": lambda client, order, line: shipments.cancel_lines(client, order, [line]),
    "OrderItemList_BackOrder": lambda client, order, line: shipments.back_order_lines(client, order, [line]),
}


@pytest.fixture(params=CHANGES)
def change(request: pytest.FixtureRequest) -> tuple[str, Call]:
    """A changing function and a call of it."""
    return request.param, CHANGES[request.param]


FAULTS: list[tuple[str, dict[str, Any], type[MivaError]]] = [
    ("reset_before", {}, MivaUnsure),
    ("reset_after", {}, MivaUnsure),
    ("silent", {"seconds": 2}, MivaUnsure),
    ("status", {"code": 500}, MivaUnsure),
    ("status", {"code": 504, "acted": True}, MivaUnsure),
    ("cut_json", {}, MivaUnsure),
    ("partial_206", {}, MivaUnsure),
    ("error_code", {}, MivaUnsure),
    ("status", {"code": 429}, MivaDown),
    ("api_offline", {}, MivaDown),
    ("empty", {}, FunctionNotGranted),
    ("status", {"code": 401}, MivaLocked),
    ("status", {"code": 400}, MivaRefused),
]


@pytest.mark.parametrize(("kind", "options", "error"), FAULTS)
def test_each_fault_says_what_it_means(
    client: MivaClient,
    shop: SandboxStore,
    order_id: int,
    line_ids: list[int],
    change: tuple[str, Call],
    kind: str,
    options: dict[str, Any],
    error: type[MivaError],
) -> None:
    name, call = change
    shop.faults.add(kind, name, **options)
    with pytest.raises(error) as caught:
        call(client, order_id, line_ids[1])
    assert isinstance(caught.value, MivaUnsure) is (error is MivaUnsure)


def test_after_a_lost_reply_the_order_shows_what_was_done(
    client: MivaClient, shop: SandboxStore, order_id: int, line_ids: list[int]
) -> None:
    shop.faults.add("reset_after", "OrderItemList_CreateShipment")
    with pytest.raises(MivaUnsure):
        shipments.create_shipment(client, order_id, line_ids[:1])
    state = shipments.read_order(client, order_id)
    assert [line.line_id for line in state.lines_in(state.shipments[0].shipment_id)] == line_ids[:1]


SHIP_AND_TELL = """
import sys
from stores.miva import shipments
from stores.miva.client import Credentials, MivaClient
client = MivaClient(Credentials(*sys.argv[1:5]), allow_private=True, allow_http=True)
shipments.create_shipment(client, int(sys.argv[5]), [int(sys.argv[6])])
print("told")
"""


def test_a_caller_that_is_killed_before_the_answer_leaves_one_shipment(
    shop: SandboxStore, server: Server, order_id: int, line_ids: list[int]
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    shop.before_reply.append(lambda call: started[0].kill())
    keys = [server.endpoint, shop.store_code, shop.token, shop.signing_key]
    command = [sys.executable, "-c", SHIP_AND_TELL, *keys, str(order_id), str(line_ids[0])]
    started.append(subprocess.Popen(command, stdout=subprocess.PIPE))
    out, _ = started[0].communicate(timeout=30)
    assert (out, started[0].returncode) == (b"", -signal.SIGKILL)
    assert [[line["line_id"] for line in each["items"]] for each in shop.orders[order_id]["shipments"]] == [
        line_ids[:1]
    ]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda c, o, line: shipments.create_shipment(c, o, [999]), "MER-JSN-ORD-00057"),
        (lambda c, o, line: shipments.create_shipment(c, 999, [line]), "MER-JSN-ORD-00025"),
        (lambda c, o, line: shipments.split_line(c, o, line, 5), "MER-JSN-ORD-00023"),
        (lambda c, o, line: shipments.split_line(c, o, 999, 1), "EOF"),
        (lambda c, o, line: shipments.cancel_lines(c, 999, [line]), "MER-JSN-ORD-00025"),
        (lambda c, o, line: shipments.back_order_lines(c, 999, [line]), "MER-JSN-ORD-00025"),
    ],
)
def test_what_miva_refuses_is_refused_for_good(
    client: MivaClient, order_id: int, line_ids: list[int], call: Call, code: str
) -> None:
    with pytest.raises(MivaRefused) as caught:
        call(client, order_id, line_ids[1])
    assert caught.value.code == code
    assert caught.value.remedy


def test_a_bad_entry_is_named(scripted: Scripted) -> None:
    field = {"error_field": "Shipment_Updates[1]:shpmnt_id", "error_message": "Missing required parameter"}
    body = {
        "success": 0,
        "error_code": "MER-JSN-00023",
        "error_message": "One or more parameters are invalid",
    }
    client, _ = scripted({**body, "validation_error": True, "error_fields": [field]})
    with pytest.raises(ParametersRefused, match=r"Shipment_Updates\[1\]:shpmnt_id"):
        shipments.update_shipments(client, [shipped(1)])


@pytest.mark.parametrize("body", [{"success": 1}, {"success": 1, "data": {}}, {"success": 1, "data": []}])
def test_a_success_that_does_not_say_what_was_made_is_unsure(
    scripted: Scripted, body: dict[str, Any]
) -> None:
    client, _ = scripted(body)
    with pytest.raises(MivaUnsure, match="OrderItemList_CreateShipment leaves out id"):
        shipments.create_shipment(client, 1, [2])
    with pytest.raises(MivaUnsure, match="OrderItem_Split leaves out original_orderitem and split_orderitem"):
        shipments.split_line(client, 1, 2, 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda client: shipments.create_shipment(client, 1, []),
        lambda client: shipments.cancel_lines(client, 1, []),
        lambda client: shipments.back_order_lines(client, 1, []),
        lambda client: shipments.split_line(client, 1, 2, 0),
        lambda client: shipments.update_shipments(client, [shipped(1), shipped(1)]),
        lambda client: shipments.read_orders(client, []),
    ],
)
def test_calls_that_would_do_harm_are_not_made(
    scripted: Scripted, call: Callable[[MivaClient], object]
) -> None:
    client, script = scripted({"success": 1})
    with pytest.raises(ValueError, match=r"line|unit|once|value"):
        call(client)
    assert script.requests == []
