"""The examples of docs/api.md, run as they stand there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.utils import timezone

from fulfillment.models import CarrierMapping
from inventory.models import StockPush
from orders.models import Backfill, Order, Resend
from stores.models import AuditEntry, Store, WebhookDelivery, WebhookSubscription
from tests.api.conftest import kept, program
from tests.api.everything import add_products, count_from
from tests.factories import make_store

DOCS = Path(__file__).parents[2] / "docs" / "api.md"
BEGIN, END = "## By curl\n", "\nReading orders changes nothing."
LOUD = 'set -eu\ncurl() { command curl --silent --show-error --fail-with-body "$@"; echo; }\n'

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed"),
]


def examples() -> str:
    """The script that the page shows, but for its first line, which says what is whose."""
    text = DOCS.read_text().partition(BEGIN)[2].partition(END)[0]
    lines = [line.removeprefix("    ") for line in text.splitlines()]
    first = next(line for line in lines if line)
    assert first.startswith("export T=")
    return "\n".join(line for line in lines if line != first)


@pytest.fixture
def store() -> Store:
    """The store that the examples speak of."""
    store = make_store(slug="acme-web")
    for order, number, place in zip(kept(store, 2), (100_234, 100_235), (1201, 1300), strict=True):
        Order.objects.filter(pk=order.pk).update(miva_id=number, export_number=place)
    add_products(store, "MUG-11")
    count_from(12, CarrierMapping)
    CarrierMapping.objects.create(store=store, carrier="FX", tracking_type="Other")
    count_from(4711, WebhookDelivery)
    erp = WebhookSubscription.objects.create(store=store, name="CRM", url="https://crm.example.com/events")
    WebhookDelivery.objects.create(
        store=store, subscription=erp, event="ping", body="{}", parked_at=timezone.now()
    )
    return store


def test_every_example_does_what_it_says(store, live_server, tmp_path):
    told = {
        "T": f"Authorization: Bearer {program(store).secret}",
        "S": f"{live_server.url}/api/v1/stores/{store.slug}",
    }
    script = LOUD + examples()
    assert script.count("curl ") > 20
    run = subprocess.run(
        ["bash", "-x", "-c", script],
        env={**os.environ, **told},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2_000:] + run.stdout[-2_000:]
    exported = [json.loads(line) for line in (tmp_path / "orders.ndjson").read_text().split("\n") if line]
    assert [order["number"] for order in exported] == [100_234, 100_235]
    assert Resend.objects.get().order.miva_id == 100_234
    decided = AuditEntry.objects.filter(verb__in=("hold", "release")).values_list("verb", flat=True)
    assert list(decided) == ["release", "hold"]
    assert StockPush.objects.get().count == 40
    assert Backfill.objects.get().last_number == 1500
    assert not CarrierMapping.objects.exists()
    assert WebhookDelivery.objects.get(pk=4711).state == "waiting"
