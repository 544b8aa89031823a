"""What holds for all addresses of the REST API."""

from __future__ import annotations

import base64
import gzip
import json
import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from fulfillment.models import StatusMeaning
from inventory.models import StockChange, StockPush
from orders.models import Order
from stores.api.stores import StoresViewSet
from stores.models import AuditEntry, IdempotencyKey
from stores.rest import idempotency
from stores.rest.problems import KINDS
from tests.api.conftest import held, kept, program
from tests.factories import make_store
from tests.together import at_once

pytestmark = pytest.mark.django_db

DOCS = Path(__file__).parents[2] / "docs"
DELTA = {"kind": "delta", "changes": [{"sku": "mug", "amount": -1}]}


def test_an_address_that_is_not_there_is_a_problem(client):
    for path in ("/api/v1/nothing/", "/api/v1/stores/x", "/api/v1/problems/nothing/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_a_post_to_nowhere_is_a_problem_and_no_page_about_cookies():
    answer = Client(enforce_csrf_checks=True).post("/api/v1/stores/a b/orders/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_the_type_of_every_problem_leads_to_its_explanation(client, kind):
    assert client.get(kind.type).json()["remedy"] == kind.remedy


def test_the_types_of_problems_are_those_that_the_documentation_promises():
    told = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", (DOCS / "api.md").read_text(), re.M)
    assert [(name, int(status)) for name, status in told] == [
        (each.name, each.status) for each in KINDS.values()
    ]


def test_an_invalid_body_names_each_member_by_a_pointer(warehouse, store):
    body = {"kind": "delta", "changes": [{"sku": "mug", "amount": 1}, {"sku": 5, "amount": "x", "more": 1}]}
    answer = warehouse.post(f"stores/{store.slug}/stock/changes/", body)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (400, "/api/v1/problems/invalid/")
    assert [each["pointer"] for each in problem["errors"]] == ["#/changes/1/more"]
    del body["changes"][1]["more"]
    problem = warehouse.post(f"stores/{store.slug}/stock/changes/", body).json()
    assert {each["pointer"] for each in problem["errors"]} == {"#/changes/1/sku", "#/changes/1/amount"}
    assert not StockChange.objects.exists()


def test_a_pointer_can_be_followed_whatever_the_members_name(warehouse, store):
    answer = warehouse.post(f"stores/{store.slug}/shipments/", {"a/b~c d": 1}).json()
    assert answer["errors"][0]["pointer"] == "#/a~1b~0c%20d"
    answer = warehouse.post(f"stores/{store.slug}/backfills/", {}).json()
    assert answer["errors"][0]["pointer"] == "#"


@pytest.mark.parametrize(
    "body",
    [
        b'{"\\ud800": 1}',
        b'{"order": "\\ud800", "status": "\\udfff"}',
        b"[" * 100_000,
        b'{"order": 1e999}',
        b"9" * 9_999,
    ],
    ids=["name", "text", "depth", "infinite", "digits"],
)
def test_json_that_nothing_can_be_made_of_is_a_problem(warehouse, store, body):
    answer = warehouse.client.post(
        f"/api/v1/stores/{store.slug}/shipments/",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {warehouse.secret}"},
    )
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.django_db(transaction=True)
def test_of_two_that_make_the_same_at_once_one_is_told_of_the_conflict():
    store = make_store()
    path, body = f"stores/{store.slug}/status-meanings/", {"label": "Gone", "meaning": "shipped"}
    callers = [program(store) for _ in range(4)]
    statuses = at_once(4, lambda index: callers[index].post(path, body).status_code)
    assert sorted(statuses) == [201, 409, 409, 409]


def test_an_invalid_filter_names_the_parameter(warehouse, store):
    problem = warehouse.get(f"stores/{store.slug}/orders/?placed_after=yesterday").json()
    assert problem["errors"][0]["parameter"] == "placed_after"
    assert "2026-11-21T15:30:00Z" in problem["detail"]


@pytest.mark.parametrize("query", ["orders/?placed_since=x", "orders/?page=2", "orders/export/?cursor=x"])
def test_a_parameter_that_means_nothing_is_refused_and_not_left_out(warehouse, store, query):
    answer = warehouse.get(f"stores/{store.slug}/{query}")
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["parameter"] == query.partition("?")[2].partition("=")[0]
    assert "number_from" in error["detail"]


def test_a_wrong_parameter_of_a_post_is_told_as_a_parameter(warehouse, store):
    answer = warehouse.post(f"stores/{store.slug}/backfills/?dry=1", {"first_number": 1, "last_number": 2})
    assert answer.json()["errors"][0]["parameter"] == "dry"


@pytest.mark.parametrize("query", ["orders/?placed_after=", "orders/export/?number_from=", "products/?sku="])
def test_an_empty_parameter_is_refused_and_does_not_stand_for_all_rows(warehouse, store, query):
    answer = warehouse.get(f"stores/{store.slug}/{query}")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "invalid")


@pytest.mark.parametrize("query", ["orders/?state=held&state=ignored", "products/?page_size=1&page_size=2"])
def test_a_parameter_that_is_there_twice_is_refused_and_not_decided_by_the_last_one(warehouse, store, query):
    answer = warehouse.get(f"stores/{store.slug}/{query}")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["detail"]) == (400, "It is there twice. Name it once.")


def test_what_breaks_a_rule_is_refused_as_such_and_what_is_there_already_as_a_conflict(warehouse, store):
    path = f"stores/{store.slug}/payment-mappings/"
    answer = warehouse.post(path, {"element": "COD"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/api/v1/problems/rules/")
    path = f"stores/{store.slug}/status-meanings/"
    assert warehouse.post(path, {"label": "Gone", "meaning": "shipped"}).status_code == 201
    assert warehouse.post(path, {"label": "GONE", "meaning": "note"}).status_code == 409


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("PUT", {}, 405),
        ("GET", {"Accept": "text/html"}, 406),
        ("POST", {"Content_Type": "text/plain"}, 415),
    ],
)
def test_what_the_framework_refuses_is_a_problem_too(warehouse, store, method, headers, status):
    path = f"/api/v1/stores/{store.slug}/shipments/"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kind = named.pop("Content-Type", "application/json")
    named["Authorization"] = f"Bearer {warehouse.secret}"
    answer = warehouse.client.generic(method, path, "x", content_type=kind, headers=named)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status


def test_bytes_that_are_no_json_are_a_problem(warehouse, store):
    answer = warehouse.client.post(
        f"/api/v1/stores/{store.slug}/shipments/",
        b"\xff{",
        content_type="application/json",
        headers={"Authorization": f"Bearer {warehouse.secret}"},
    )
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_the_request_id_comes_back_and_stands_in_the_audit_trail(warehouse, store):
    order = held(store)
    path = f"stores/{store.slug}/orders/{order.miva_id}/ignore/"
    answer = warehouse.post(path, {"reason": "A test order."}, X_Request_ID="warehouse-4711")
    assert answer["X-Request-ID"] == "warehouse-4711"
    noted = AuditEntry.objects.get(verb="ignore")
    assert (noted.request_id, noted.actor_kind) == ("warehouse-4711", "token")
    assert noted.actor_name == str(warehouse.token)


def test_pages_follow_each_other_without_hole_or_double_while_orders_arrive(warehouse, store):
    before = {order.miva_id for order in kept(store, 7)}
    seen, address = [], f"stores/{store.slug}/orders/?page_size=3&order_by=placed_at"
    while address:
        page = warehouse.get(address).json()
        seen += [each["number"] for each in page["results"]]
        address = page["next"] and page["next"].partition("/api/v1/")[2]
        Order.objects.of(store).filter(pk=Order.objects.of(store).first().pk).update(customer="Somebody")
    assert sorted(seen) == sorted(before)
    assert len(seen) == 7


def test_a_cursor_of_another_list_is_not_there(warehouse, store):
    kept(store, 3)
    cursor = warehouse.get(f"stores/{store.slug}/orders/?page_size=1").json()["next"].partition("cursor=")[2]
    cursor = cursor.partition("&")[0]
    endless = base64.urlsafe_b64encode(b'["number",Infinity,1]').decode()
    for wrong in ("x", "%00", f"{cursor}&order_by=export_number", "WzEsMl0", endless):
        assert warehouse.get(f"stores/{store.slug}/orders/?cursor={wrong}").status_code == 404, wrong


@pytest.mark.parametrize("size", ["0", "501", "x", "1.0", "-1", "٣"])
def test_a_page_size_that_cannot_be_is_refused(warehouse, store, size):
    assert warehouse.get(f"stores/{store.slug}/orders/?page_size={size}").status_code == 400


def test_only_the_members_that_are_asked_for_are_told(warehouse, store):
    kept(store, 1)
    page = warehouse.get(f"stores/{store.slug}/orders/?fields=number,total").json()
    assert set(page["results"][0]) == {"number", "total"}
    assert warehouse.get(f"stores/{store.slug}/orders/?fields=number&fields=total").json() == page
    assert warehouse.get(f"stores/{store.slug}/orders/?fields=secret").status_code == 400


def test_times_are_in_utc_and_money_is_text(warehouse, store):
    kept(store, 1)
    (order,) = warehouse.get(f"stores/{store.slug}/orders/").json()["results"]
    assert order["placed_at"].endswith("Z")
    assert isinstance(order["total"], str)


def test_a_token_that_asks_too_often_is_told_how_long_to_wait(store, settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    caller, other = program(store), program(store)
    with time_machine.travel(datetime.now(UTC).replace(second=18, microsecond=0), tick=False) as clock:
        assert [caller.get("stores/")["X-RateLimit-Remaining"] for _ in range(2)] == ["1", "0"]
        refused = caller.get("stores/")
        assert (refused.status_code, refused["Retry-After"], refused["X-RateLimit-Reset"]) == (
            429,
            "42",
            "42",
        )
        assert refused["X-RateLimit-Limit"] == "2"
        assert other.get("stores/").status_code == 200
        clock.shift(42)
        assert caller.get("stores/").status_code == 200


def test_long_answers_are_sent_compressed_to_who_accepts_that(warehouse, store):
    kept(store, 3)
    answer = warehouse.get(f"stores/{store.slug}/orders/", Accept_Encoding="gzip")
    assert answer["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(answer.content))["results"]) == 3
    assert "no-store" in answer["Cache-Control"]


def test_an_export_is_compressed_as_it_goes_for_who_accepts_that(warehouse, store):
    kept(store, 5)
    path = f"stores/{store.slug}/orders/export/"
    plain, packed = warehouse.get(path), warehouse.get(path, Accept_Encoding="gzip")
    assert (packed.streaming, packed["Content-Encoding"]) == (True, "gzip")
    assert gzip.decompress(packed.getvalue()) == plain.getvalue() != b""


def test_a_resource_that_will_go_away_says_so(warehouse, monkeypatch):
    monkeypatch.setattr(StoresViewSet, "deprecated_at", datetime(2027, 1, 1, tzinfo=UTC))
    monkeypatch.setattr(StoresViewSet, "sunset_at", datetime(2027, 7, 1, tzinfo=UTC))
    answer = warehouse.get("stores/")
    assert answer["Deprecation"] == "@1798761600"
    assert answer["Sunset"] == "Thu, 01 Jul 2027 00:00:00 GMT"


def test_what_was_changed_meanwhile_is_not_overwritten(warehouse, store):
    made = warehouse.post(f"stores/{store.slug}/status-meanings/", {"label": "Gone", "meaning": "shipped"})
    path = f"stores/{store.slug}/status-meanings/{made.json()['id']}/"
    assert warehouse.get(path)["ETag"] == made["ETag"]
    changed = warehouse.call("PATCH", path, {"meaning": "note"}, If_Match=made["ETag"])
    assert changed.status_code == 200
    assert changed["ETag"] != made["ETag"]
    late = warehouse.call("PATCH", path, {"meaning": "ignore"}, If_Match=made["ETag"])
    assert (late.status_code, late.json()["type"]) == (412, "/api/v1/problems/changed/")
    assert warehouse.call("DELETE", path, If_Match=made["ETag"]).status_code == 412
    assert warehouse.call("DELETE", path, If_Match=f"W/{changed['ETag']}").status_code == 204
    verbs = list(
        AuditEntry.objects.filter(object_type="fulfillment.statusmeaning").values_list("verb", flat=True)
    )
    assert verbs == ["status meaning deleted", "status meaning changed", "status meaning added"]


def test_a_post_that_is_repeated_under_its_key_has_one_effect_and_one_answer(warehouse, store):
    path = f"stores/{store.slug}/stock/changes/"
    first = warehouse.post(path, DELTA, Idempotency_Key="a-1")
    again = warehouse.post(path, DELTA, Idempotency_Key="a-1")
    assert (again.status_code, again.json()) == (first.status_code, first.json()) == (201, first.json())
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert StockChange.objects.count() == 1
    warehouse.post(path, DELTA)
    assert StockChange.objects.count() == 2


def test_a_key_belongs_to_its_token_its_path_and_its_body(warehouse, store):
    path = f"stores/{store.slug}/stock/changes/"
    warehouse.post(path, DELTA, Idempotency_Key="a-1")
    other = {"kind": "delta", "changes": [{"sku": "mug", "amount": -2}]}
    assert warehouse.post(path, other, Idempotency_Key="a-1").status_code == 422
    assert warehouse.post(f"stores/{store.slug}/carriers/", DELTA, Idempotency_Key="a-1").status_code == 422
    assert program(store).post(path, DELTA, Idempotency_Key="a-1").status_code == 201
    assert StockChange.objects.count() == 2


def test_what_was_refused_may_be_sent_again_under_its_key(warehouse, store):
    path, said = f"stores/{store.slug}/shipments/", {"order": 1, "status": "Shipped"}
    assert warehouse.post(path, said, Idempotency_Key="a-1").status_code == 422
    assert not IdempotencyKey.objects.exists()


def test_while_a_request_is_answered_its_repetition_waits_until_the_lease_ends(warehouse, store):
    path = f"stores/{store.slug}/stock/changes/"
    warehouse.post(path, DELTA, Idempotency_Key="a-1")
    IdempotencyKey.objects.update(status=None, leased_until=timezone.now() + timedelta(minutes=1))
    busy = warehouse.post(path, DELTA, Idempotency_Key="a-1")
    assert (busy.status_code, busy.json()["type"]) == (409, "/api/v1/problems/in-progress/")
    assert busy["Retry-After"] == "2"
    IdempotencyKey.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert warehouse.post(path, DELTA, Idempotency_Key="a-1").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_of_requests_at_once_under_one_key_one_has_an_effect(store):
    callers = [program(store) for _ in range(4)]
    for caller in callers[1:]:
        caller.secret = callers[0].secret
    start, statuses = threading.Barrier(4), []

    def send(caller) -> None:
        from django.db import connection

        start.wait()
        statuses.append(
            caller.post(f"stores/{store.slug}/stock/changes/", DELTA, Idempotency_Key="a-1").status_code
        )
        connection.close()

    threads = [threading.Thread(target=send, args=(caller,)) for caller in callers]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert StockChange.objects.count() == 1
    assert StockPush.objects.get().delta == -1


def test_old_keys_are_forgotten(warehouse, store):
    warehouse.post(f"stores/{store.slug}/stock/changes/", DELTA, Idempotency_Key="a-1")
    assert idempotency.prune() == 0
    IdempotencyKey.objects.update(created_at=timezone.now() - idempotency.KEPT - timedelta(minutes=1))
    assert idempotency.prune() == 1


def test_a_change_of_a_meaning_is_noted_as_done_by_the_token(warehouse, store):
    warehouse.post(f"stores/{store.slug}/status-meanings/", {"label": "Gone", "meaning": "shipped"})
    assert StatusMeaning.objects.of(store).get().meaning == "shipped"
    assert AuditEntry.objects.get(verb="status meaning added").actor_kind == "token"
