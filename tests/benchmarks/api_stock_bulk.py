"""api_stock_bulk: seconds until 10,000 changes of stock in one request are on disk and answered. The limit is what is allowed."""

import json
import time

from django.test import Client

from inventory.models import StockChange
from stores import tokens
from tests.benchmarks.report import report
from tests.benchmarks.stock import stocked
from tests.factories import make_merchant, make_store

CHANGES, ROUNDS = 10_000, 3
ALLOWED = 3.0  # seconds


def measure() -> None:
    """Add to as many SKUs as one request may name, under a key; the slowest of some rounds counts."""
    store = make_store(
        merchant=make_merchant(name="api_stock_bulk", slug="api-stock-bulk"), slug="api-stock-bulk"
    )
    codes = stocked(store, CHANGES)
    _, secret = tokens.make(store.merchant, store, "api_stock_bulk", ["stock:write"])
    body = json.dumps({"kind": "delta", "changes": [{"sku": code, "amount": -1} for code in codes]})
    taken = []
    for number in range(ROUNDS):
        client = Client(
            headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": f"round-{number}"},
            SERVER_NAME="localhost",
        )
        began = time.perf_counter()
        answer = client.post(
            f"/api/v1/stores/{store.slug}/stock/changes/", body, content_type="application/json"
        )
        taken.append(time.perf_counter() - began)
        assert answer.status_code == 201, answer.content[:500]
        assert {each["result"] for each in answer.json()["results"]} == {"accepted"}
    assert StockChange.objects.of(store).count() == CHANGES * ROUNDS
    report("api_stock_bulk", max(taken), "s", ALLOWED)
