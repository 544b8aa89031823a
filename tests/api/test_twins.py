"""What is done by the REST API has the effect of the same thing done by SETI or in the admin; and what the lists tell."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from django.utils import timezone

from config.seti import FUNCTIONS
from fulfillment.models import Package, Shipment, ShipmentLine, StatusUpdate
from inventory.models import CatalogueRefresh, StockChange, StockPush
from orders import serve
from orders.keep import downloaded, keep
from orders.models import Backfill, Download, Job, Order, Rejudgement, Resend
from stores.models import AuditEntry, Exchange, WebhookDelivery, WebhookSubscription
from tests.api.conftest import held, kept, program
from tests.api.everything import add_products
from tests.factories import make_desktop, make_store, raw_orders
from tests.fulfillment.goods import document, form

pytestmark = pytest.mark.django_db

READING = {
    *("ordercount", "getproductscount", "downloadprods", "downloadqoh"),
    *("getcustomerscount", "downloadcustomers"),
}
ORDER, LINE = 10003, 504  # of three lines; this one has 10 units
UPS = [("1", "1Z 999")]
UPS_TOO = [{"number": "1Z 999", "carrier": "UPS", "ref": "1"}]
# What the desktop sends, and what a program sends that means the same.
TWINS = {
    "the shipment of an order": (
        "updatestatus",
        form(ORDER, "1Z 999", "1Z 888", status="Shipped"),
        "shipments/",
        {
            "status": "Shipped",
            "packages": [{"number": each, "carrier": "UPS"} for each in ("1Z 999", "1Z 888")],
        },
    ),
    "the shipment of a part of a line": (
        "updatestatus",
        document(ORDER, UPS, {LINE: {"shipped": 4, "packages": {"1": 4}}}, status="Partially Shipped"),
        "shipments/",
        {
            "status": "Partially Shipped",
            "packages": UPS_TOO,
            "items": [{"line_id": LINE, "shipped": 4, "packages": [{"ref": "1", "quantity": 4}]}],
        },
    ),
    "a cancellation": (
        "updatestatus",
        form(ORDER, status="Canceled"),
        "shipments/",
        {"status": "Canceled"},
    ),
    "a back-order of a line": (
        "updatestatus",
        document(ORDER, (), {LINE: {"status": "Backordered", "needed": 3}}, status="Backordered"),
        "shipments/",
        {"status": "Backordered", "items": [{"line_id": LINE, "status": "Backordered", "needed": 3}]},
    ),
    "a label that nobody knows": (
        "updatestatus",
        form(ORDER, status="On the moon"),
        "shipments/",
        {"status": "On the moon"},
    ),
    "units to add": (
        "invupdate",
        {"update": "mug~-2"},
        "stock/changes/",
        {"kind": "delta", "changes": [{"sku": "mug", "amount": -2}]},
    ),
    "counts": (
        "qohreplace",
        {"update": "mug~5|cap~7"},
        "stock/changes/",
        {"kind": "count", "changes": [{"sku": "mug", "amount": 5}, {"sku": "cap", "amount": 7}]},
    ),
    "what is shown": (
        "updatestockstatus",
        {"update": "mug~False|cap~True"},
        "stock/changes/",
        {"kind": "active", "changes": [{"sku": "mug", "amount": 0}, {"sku": "cap", "amount": 1}]},
    ),
    "the first orders, downloaded": (
        "downloadorders",
        {"startnum": "1", "batchsize": "2"},
        "downloads/",
        {"first_number": 1, "last_number": 2},
    ),
    "the orders behind the last one, downloaded": (
        "downloadorders",
        {"lastorder": "10001"},
        "downloads/",
        {"first_number": 2, "last_number": 3},
    ),
}
EFFECTS = {
    Order: ("miva_id", "state", "export_number", "former_numbers"),
    Download: ("first_number", "last_number", "count"),
    StatusUpdate: ("order__miva_id", "label", "meaning", "content", "effect", "repeated"),
    Shipment: ("order__miva_id", "kind", "step", "everything", "done_at", "parked_at", "problem"),
    Package: ("order__miva_id", "number", "key", "carrier", "ref"),
    ShipmentLine: ("shipment__order__miva_id", "line_id", "quantity"),
    StockChange: ("sku", "sku_key", "kind", "amount", "outcome", "reason"),
    StockPush: ("sku", "sku_key", "product_id", "count", "delta", "active", "done_at", "counted_at"),
    WebhookDelivery: ("event",),
}


def test_every_function_of_seti_that_writes_has_its_twin_here():
    assert set(FUNCTIONS) == READING | {function for function, *_ in TWINS.values()}


@pytest.mark.parametrize(("function", "parameters", "path", "body"), TWINS.values(), ids=TWINS.keys())
def test_what_a_program_does_has_the_effect_of_what_a_desktop_does(client, function, parameters, path, body):
    by_seti, by_rest = ready(), ready()
    before = effects(by_seti)
    seti(client, *make_desktop(by_seti), function, **parameters)
    said = {"order": ORDER} | body if path == "shipments/" else body
    answer = program(by_rest).post(f"stores/{by_rest.slug}/{path}", said)
    assert answer.status_code == 201, answer.json()
    assert effects(by_rest) == effects(by_seti) != before


def ready():
    """A store with orders, with a copy of its catalogue, and with somebody who wants to know everything."""
    store = with_mugs(make_store())
    WebhookSubscription.objects.create(store=store, name="ERP", url="https://erp.example.com/events")
    kept(store, 3)
    return store


def effects(store) -> dict[str, list[list]]:
    """All that was written for the store, without keys; of times only whether they are there."""
    found = {}
    for model, fields in EFFECTS.items():
        of_store = {"shipment__store": store} if model is ShipmentLine else {"store": store}
        rows = model.objects.filter(**of_store).order_by("pk").values_list(*fields)
        found[model.__name__] = [
            ["then" if isinstance(value, datetime) else value for value in row] for row in rows
        ]
    return found


def seti(client, desktop, password, function, **parameters):
    answer = client.post(
        "/seti/",
        {"setifunction": function, "setiuser": desktop.username, "password": password} | parameters,
    )
    assert answer.status_code == 200
    assert b"Error" not in answer.content, answer.content
    return answer


def with_mugs(store):
    """The store with a complete copy of its catalogue: mugs and caps."""
    now = timezone.now()
    add_products(store, "mug", "cap")
    CatalogueRefresh.objects.create(
        store=store, kind="products", state=Job.State.DONE, started_at=now, finished_at=now
    )
    return store


def test_of_a_report_it_is_told_how_it_was_read_and_what_came_of_it(warehouse, store):
    order, *_ = kept(store, 1)
    said = {"order": order.miva_id, "status": "Shipped", "packages": [{"number": "1Z 999"}]}
    told = warehouse.post(f"stores/{store.slug}/shipments/", said).json()
    assert told["meaning"] == "shipped"
    assert told["shipments"][0]["packages"][0]["number"] == "1Z 999"


def test_a_report_that_is_said_twice_owes_nothing_more(warehouse, store):
    order, *_ = kept(store, 1)
    said = {"order": order.miva_id, "status": "Shipped", "packages": [{"number": "1Z1"}]}
    first, second = (warehouse.post(f"stores/{store.slug}/shipments/", said).json() for _ in range(2))
    assert (second["id"], second["repeated"]) == (first["id"], 1)
    assert Shipment.objects.count() == 1


def test_an_order_that_is_not_here_is_named(warehouse, store):
    answer = warehouse.post(f"stores/{store.slug}/shipments/", {"order": 9999, "status": "Shipped"})
    assert answer.json()["errors"][0] == {
        "pointer": "#/order",
        "detail": "Order 9999 is unknown.",
        "code": "invalid",
    }


def test_the_ledger_names_the_token_that_asked(warehouse, store):
    with_mugs(store)
    body = {"kind": "delta", "changes": [{"sku": "mug", "amount": -3}]}
    warehouse.post(f"stores/{store.slug}/stock/changes/", body, X_Request_ID="sale-4711")
    change = StockChange.objects.get()
    assert (change.token, change.request_id) == (warehouse.token, "sale-4711")


def test_of_each_change_it_is_told_what_will_be(warehouse, store):
    with_mugs(store)
    changes = [{"sku": "mug", "amount": -3}, {"sku": "hat", "amount": 1}]
    told = warehouse.post(f"stores/{store.slug}/stock/changes/", {"kind": "delta", "changes": changes}).json()
    assert [(each["result"], each["figure"]) for each in told["results"]] == [
        ("accepted", 7),
        ("unknown", None),
    ]


def test_what_is_not_there_cannot_be_acknowledged(warehouse, store):
    kept(store, 3)
    path = f"stores/{store.slug}/downloads/"
    assert warehouse.post(path, {"first_number": 1, "last_number": 2}).status_code == 201
    given = downloaded(Order.objects.of(store)).values_list("export_number", flat=True)
    assert sorted(given) == [1, 2]
    assert warehouse.post(path, {"first_number": 8, "last_number": 9}).status_code == 409


def test_an_order_is_sent_again_as_by_support(warehouse, store):
    order, *_ = kept(store, 3)
    path = f"stores/{store.slug}/orders/{order.miva_id}/resend/"
    untouched = warehouse.post(path, {"reason": "Lost."}).json()
    assert untouched["export_number"] == order.export_number
    serve.acknowledge(store, 1, 3)
    moved = warehouse.post(path, {"reason": "Lost."}).json()
    assert (moved["export_number"], moved["former_numbers"]) == (4, [order.export_number])
    assert Resend.objects.get().reason == "Lost."


def test_an_order_is_ignored_and_released_as_by_support(warehouse, store):
    order = held(store)
    path = f"stores/{store.slug}/orders/{order.miva_id}/"
    assert warehouse.post(f"{path}ignore/", {"reason": "A test order."}).json()["state"] == "ignored"
    assert warehouse.post(f"{path}release/", {}).json()["state"] == "held"
    assert warehouse.post(f"{path}retry/", {}).json()["state"] == "held"
    assert warehouse.post(f"{path}ignore/", {}).status_code == 400


def test_an_order_is_held_until_it_is_released_whatever_comes(warehouse, store):
    order, *_ = kept(store, 2)
    path = f"stores/{store.slug}/orders/{order.miva_id}/"
    told = warehouse.post(f"{path}hold/", {"reason": "The customer called."}).json()
    assert (told["state"], told["reason"], told["held_by_hand"]) == (
        "held",
        "By hand: The customer called.",
        True,
    )
    assert (
        warehouse.post(f"{path}hold/", {"reason": "Again."}).json()["reason"]
        == "By hand: The customer called."
    )
    assert warehouse.post(f"{path}retry/", {}).json()["state"] == "held"
    later = raw_orders(2, seed=1)[0] | {"id": order.miva_id, "bill_fname": "X", "dt_updated": 2_000_000_000}
    keep(store, [later], fetched_at=timezone.now(), road="queue_ack")
    assert warehouse.get(path).json()["state"] == "held"
    assert order.miva_id not in [row.miva_id for row in serve.select(store, "", None).page(1, 9)]
    assert warehouse.post(f"{path}release/", {}).json()["export_number"] == 3
    assert list(AuditEntry.objects.filter(verb__in=("hold", "release")).values_list("before", "after")) == [
        ({"state": "held"}, {"state": "exportable"}),
        ({"state": "exportable"}, {"state": "held"}),
    ]


def test_an_order_that_stone_edge_has_cannot_be_held(warehouse, store):
    order, *_ = kept(store, 1)
    serve.acknowledge(store, 1, 1)
    answer = warehouse.post(f"stores/{store.slug}/orders/{order.miva_id}/hold/", {"reason": "Too late."})
    assert answer.status_code == 409
    assert Order.objects.get().state == "exportable"


def test_an_order_is_told_as_stone_edge_gets_it_and_as_miva_sent_it(warehouse, store):
    order, *_ = kept(store, 1)
    told = warehouse.get(f"stores/{store.slug}/orders/{order.miva_id}/").json()
    assert told["translated"]["number"] == str(order.miva_id)
    assert told["raw"]["id"] == order.miva_id
    bad = held(store)
    assert warehouse.get(f"stores/{store.slug}/orders/{bad.miva_id}/").json()["translated"] is None


def test_orders_are_found_by_number_export_number_state_and_date(warehouse, store):
    first, second, third = kept(store, 3)
    bad = held(store)

    def found(query):
        page = warehouse.get(f"stores/{store.slug}/orders/?{query}")
        assert page.status_code == 200, page.json()
        return [each["number"] for each in page.json()["results"]]

    assert found(f"number={second.miva_id}") == [second.miva_id]
    assert found("state=held") == [bad.miva_id]
    assert found("export_number_after=1") == [
        order.miva_id for order in sorted((first, second, third), key=lambda each: each.export_number)[1:]
    ]
    moment = second.placed_at.isoformat().replace("+00:00", "Z")
    assert second.miva_id in found(f"placed_after={moment}")
    assert second.miva_id not in found(f"placed_before={moment}")


def test_an_export_has_every_order_of_the_range_once_a_line_each(warehouse, store):
    orders = kept(store, 4)
    answer = warehouse.get(f"stores/{store.slug}/orders/export/?number_from={orders[1].miva_id}")
    assert answer["Content-Type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.getvalue().splitlines()]
    assert [line["number"] for line in lines] == [order.miva_id for order in orders[1:]]
    assert lines[0]["raw"]["id"] == orders[1].miva_id
    assert warehouse.get(f"stores/{store.slug}/orders/export/?state=lost").status_code == 400


def test_a_backfill_is_started_once_paused_and_let_go_on(warehouse, store):
    path = f"stores/{store.slug}/backfills/"
    made = warehouse.post(path, {"first_number": 1000, "last_number": 1500})
    assert made.status_code == 201
    row = Backfill.objects.of(store).get()
    assert (row.first_number, row.last_number, row.position) == (1000, 1500, 999)
    assert warehouse.post(path, {"first_number": 1000, "last_number": 1500}).status_code == 409
    one = f"{path}{row.pk}/"
    assert warehouse.post(f"{one}pause/", {}).json()["state"] == "paused"
    assert warehouse.post(f"{one}resume/", {}).json()["state"] == "waiting"
    assert warehouse.post(f"{one}cancel/", {}).json()["state"] == "cancelled"
    assert warehouse.post(f"{one}pause/", {}).status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"first_number": 5},
        {"first_number": 5, "last_number": 4},
        {"since": "2026-11-21T00:00:00Z", "first_number": 1, "last_number": 2},
        {"since": "2026-11-21T00:00:00Z", "until": "2026-11-20T00:00:00Z"},
    ],
)
def test_a_range_that_cannot_be_meant_is_refused(warehouse, store, body):
    assert warehouse.post(f"stores/{store.slug}/backfills/", body).status_code == 422
    assert not Backfill.objects.exists()


def test_after_a_change_of_mappings_the_waiting_orders_are_judged_again(warehouse, store):
    made = warehouse.post(f"stores/{store.slug}/payment-mappings/", {"module": "zip*", "element": "Generic1"})
    assert made.status_code == 201
    assert Rejudgement.objects.filter(store=store).exists()
    Rejudgement.objects.all().delete()
    field = warehouse.post(
        f"stores/{store.slug}/custom-field-mappings/", {"code": "gift", "action": "rename", "name": "Gift"}
    )
    assert field.status_code == 201
    assert Rejudgement.objects.filter(store=store).exists()
    assert store.custom_field_mappings.get().name == "Gift"


def test_health_is_that_of_the_console(warehouse, store):
    told = warehouse.get(f"stores/{store.slug}/health/").json()
    assert [each["service"] for each in told] == [
        *("orders_from_miva", "orders_to_stone_edge", "tracking_to_miva", "stock_to_miva"),
    ]
    assert all(each["sentence"] is not None for each in told)


def test_no_secret_of_a_store_is_in_any_answer(store):
    type(store).objects.filter(pk=store.pk).update(token="tok-secret", signing_key="key-secret")
    Exchange.objects.create(store=store, direction="miva", function="x", milliseconds=1, outcome="ok")
    caller = program(store)
    for path in ("stores/", f"stores/{store.slug}/", f"stores/{store.slug}/exchanges/"):
        assert b"-secret" not in caller.get(path).content
