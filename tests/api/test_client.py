"""A client that is generated from the committed description knows every operation, and reads every answer whole."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from types import ModuleType
from typing import Any, get_args, get_type_hints

import pytest
from django.utils import timezone

from inventory.models import StockPush
from stores.models import WebhookDelivery
from tests.api.conftest import program
from tests.api.description import COMMITTED, operations
from tests.api.everything import IN_ADDRESSES, NUMBER, SLUG, fill
from tests.factories import make_store

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.filterwarnings("default")]

REASON = {"reason": "The customer called."}
NEXT = {"number": str(NUMBER + 1)}  # the order that nobody has downloaded
# What is sent, in this order; of addresses what is not NUMBER. All other operations only read.
WRITTEN: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "backfills_create": ({"first_number": 1000, "last_number": 1500}, {}),
    "backfills_pause_create": ({}, {}),
    "backfills_resume_create": ({}, {}),
    "backfills_cancel_create": ({}, {}),
    "carriers_create": ({"carrier": "DHL", "tracking_type": "DHL"}, {}),
    "carriers_partial_update": ({"tracking_type": "UPS"}, {}),
    "carriers_destroy": ({}, {}),
    "custom_field_mappings_create": ({"code": "note", "action": "rename", "name": "Note"}, {}),
    "custom_field_mappings_partial_update": ({"action": "rename", "name": "Gift"}, {}),
    "custom_field_mappings_destroy": ({}, {}),
    "downloads_create": ({"first_number": 1, "last_number": 1}, {}),
    "orders_hold_create": (REASON, NEXT),
    "orders_release_create": ({}, NEXT),
    "orders_retry_create": ({}, NEXT),
    "orders_ignore_create": (REASON, NEXT),
    "orders_resend_create": (REASON, {}),
    "payment_mappings_create": ({"module": "paypal*", "element": "COD"}, {}),
    "payment_mappings_partial_update": ({"element": "Generic1"}, {}),
    "payment_mappings_destroy": ({}, {}),
    "shipments_create": (
        {"order": NUMBER, "status": "Shipped", "packages": [{"number": "1Z2", "carrier": "UPS"}]},
        {},
    ),
    "status_meanings_create": ({"label": "On the moon", "meaning": "ignore"}, {}),
    "status_meanings_partial_update": ({"meaning": "note"}, {}),
    "status_meanings_destroy": ({}, {}),
    "stock_changes_create": ({"kind": "count", "changes": [{"sku": "mug", "amount": 4}]}, {}),
    "webhook_deliveries_replay_create": ({}, {}),
    "webhook_subscriptions_create": ({"name": "CRM", "url": "https://crm.example.com/events"}, {}),
    "webhook_subscriptions_partial_update": ({"events": ["order.held"]}, {}),
    "webhook_subscriptions_ping_create": ({}, {}),
    "webhook_subscriptions_destroy": ({}, {}),
}


@pytest.fixture(scope="session")
def client_package(tmp_path_factory) -> Iterator[Callable[[str], ModuleType]]:
    """A Python client, generated from the committed description; returns its modules by name."""
    folder = tmp_path_factory.mktemp("client")
    made = subprocess.run(
        [
            *(sys.executable, "-m", "openapi_python_client", "generate", "--path", str(COMMITTED)),
            *("--meta", "none", "--output-path", str(folder / "portal_client")),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
        cwd=folder,
    )
    assert made.returncode == 0, made.stderr + made.stdout
    sys.path.insert(0, str(folder))
    yield lambda name: importlib.import_module(f"portal_client.{name}")
    sys.path.remove(str(folder))


@pytest.fixture
def client(client_package, live_server, settings) -> Iterator[Any]:
    """The client with a token of a store that has one of everything, and the portal behind it."""
    settings.API_REQUESTS_PER_MINUTE = 1_000
    store = make_store(slug=SLUG)
    fill(store)
    WebhookDelivery.objects.update(done_at=timezone.now())
    made = client_package("client").AuthenticatedClient(live_server.url, token=program(store).secret)
    with made:
        yield made


def test_every_operation_is_known_to_the_client_and_its_answer_is_read_whole(client, client_package):
    described = {operation["operationId"]: operation for _, _, operation in operations()}
    reading = [operation["operationId"] for _, method, operation in operations() if method == "get"]
    writing = [f"stores_{name}" for name in WRITTEN]
    assert sorted(described) == sorted([*reading, *writing])
    for name in [*reading, *writing]:
        module = client_package(f"api.{described[name]['tags'][0].replace('-', '_')}.{name}")
        answer = module.sync_detailed(**arguments(module, described[name]), client=client)
        assert answer.status_code in (200, 201, 204), (name, answer.content)
        if name != "stores_orders_export_retrieve":  # lines of text, which the generator leaves as they are
            assert whole(answer), name


def arguments(module: ModuleType, operation: dict[str, Any]) -> dict[str, Any]:
    """What an operation of the client is called with."""
    body, differently = WRITTEN.get(operation["operationId"].removeprefix("stores_"), ({}, {}))
    names = [each["name"] for each in operation.get("parameters", []) if each["in"] == "path"]
    found: dict[str, Any] = {name: (IN_ADDRESSES | differently)[name] for name in names}
    if body:
        kind = get_type_hints(module.sync_detailed)["body"]
        found["body"] = next(iter(get_args(kind)), kind).from_dict(body)
    return found


def whole(answer: Any) -> bool:
    """Whether what the client has read is what was sent, and nothing of it is unknown to the description."""
    if answer.status_code == 204:
        return answer.content == b"" and answer.parsed is None
    told = json.loads(answer.content)
    rows = (
        answer.parsed if isinstance(told, list) else [answer.parsed, *getattr(answer.parsed, "results", ())]
    )
    unknown = [name for row in rows for name in row.additional_properties]
    read = [row.to_dict() for row in rows] if isinstance(told, list) else answer.parsed.to_dict()
    return unknown == [] and moments(read) == moments(told)


def moments(value: Any) -> Any:
    """The value with times in one form."""
    if isinstance(value, dict):
        return {name: moments(each) for name, each in value.items()}
    if isinstance(value, list):
        return [moments(each) for each in value]
    if isinstance(value, str) and value[10:11] == "T" and value.endswith(("Z", "+00:00")):
        return datetime.fromisoformat(value)
    return value


def test_a_change_that_is_repeated_under_its_key_is_made_once(client, client_package):
    models = client_package("models")
    change = models.ChangesBodyRequest(
        kind=models.StockKindEnum.DELTA, changes=[models.OneBodyRequest(sku="mug", amount=-1)]
    )
    changed = client_package("api.stock.stores_stock_changes_create")
    before = StockPush.objects.get().delta
    told = changed.sync(SLUG, client=client, body=change, idempotency_key="sale-1")
    assert changed.sync(SLUG, client=client, body=change, idempotency_key="sale-1") == told
    assert StockPush.objects.get().delta == before - 1


def test_a_refusal_is_read_as_a_problem(client, client_package):
    answer = client_package("api.orders.stores_orders_retrieve").sync_detailed(SLUG, 7, client=client)
    assert answer.status_code == 404
    assert answer.parsed.type_ == "/api/v1/problems/not-found/"


def test_all_members_that_the_client_asks_for_are_told(client, client_package):
    members = client_package("models").StoresOrdersListFieldsItem
    listed = client_package("api.orders.stores_orders_list").sync(
        SLUG, client=client, fields=[members.NUMBER, members.STATE]
    )
    assert [set(row.to_dict()) for row in listed.results] == [{"number", "state"}] * 2
