"""The journey of an order on its page, in the important lives of an order: every step with time, actor and conversation."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fulfillment.models import Package, Shipment, StatusUpdate
from orders import hints, serve
from orders.keep import keep
from orders.models import Order
from orders.release import rejudge, resend
from stores.models import Exchange, Store
from stores.sandbox import SandboxStore
from stores.sandbox import serve as serve_sandbox
from tests.factories import (
    later,
    make_desktop,
    make_merchant,
    make_store,
    raw_orders,
    store_of,
    without_lines,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(client):
    client.force_login(
        User.objects.create_superuser("support", "support@example.com", "correct-horse-battery")
    )
    return client


@pytest.fixture
def store():
    return make_store(merchant=make_merchant(time_zone="America/Los_Angeles"))


def kept(store: Store, raw: dict, road: str = "queue_ack") -> Order:
    keep(store, [raw], fetched_at=timezone.now(), road=road)
    return Order.objects.get(store=store, miva_id=raw["id"])


def journey(client, order: Order) -> list[str]:
    """Each step as "words | detail | who"."""
    response = client.get(reverse("admin:orders_order_change", args=[order.pk]))
    events = [line["event"] for line in response.context["journey"]]
    assert [event.at for event in events] == sorted(event.at for event in events)
    return [f"{event.words} | {event.detail} | {event.who}" for event in events]


def test_an_order_that_a_webhook_named(support, settings, transactional_db):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True
    sandbox = SandboxStore(seed=3, skipped_share=0.0)
    number = sandbox.place_order()["id"]
    with serve_sandbox(sandbox) as server:
        store = store_of(sandbox, server, complete_only=False)
        hints.record(store.pk, number)
        hints.fetch_hinted(store)
    order = Order.objects.get()
    steps = journey(support, order)
    assert [step.split(" | ")[0] for step in steps] == [
        "Placed in Miva",
        "Asked Miva, by a webhook that named it",
        "Kept here; came by a webhook that named it",
    ]
    assert steps[2].split(" | ")[1] == "Ready for Stone Edge, export number 1."
    asked = support.get(reverse("admin:orders_order_change", args=[order.pk])).context["journey"][1]
    exchange = Exchange.objects.get(function="OrderList_Load_Query")
    assert reverse("admin:stores_exchange_change", args=[exchange.pk]) in asked["conversation"]


def test_held_then_ignored_and_released_by_a_person_then_mended_in_miva(support, store):
    raw = raw_orders(1)[0]
    order = kept(store, without_lines(raw))
    reason = order.reason
    support.post(
        reverse("admin:orders_order_ignore", args=[order.pk]), {"sure": "yes", "reason": "A test order"}
    )
    support.post(reverse("admin:orders_order_release", args=[order.pk]), {"sure": "yes", "reason": ""})
    keep(store, [later(raw)], fetched_at=timezone.now(), road="date")
    steps = journey(support, Order.objects.get())
    assert f"Kept here; came by the order queue | Held: {reason} | the portal" in steps
    assert "Decision: ignore | A test order | support" in steps
    assert "Decision: release |  | support" in steps
    last = steps[-1]
    assert last == (
        "Edited in Miva; the later version came by the date range | Ready for Stone Edge, export number 1. | the portal"
    )


def test_held_then_released_by_a_corrected_setting(support, store):
    raw = raw_orders(1)[0]
    order = kept(store, raw)
    Order.objects.update(
        state="held", reason="The payment method is unmapped.", export_number=None, first_number=None
    )
    rejudge(store, [order.miva_id])
    steps = journey(support, Order.objects.get())
    assert "Kept here; came by the order queue | Held: The payment method is unmapped. | the portal" in steps
    assert steps[-1] == "Released | Ready for Stone Edge, export number 2. | the portal"


def test_downloaded_then_edited_then_sent_again_and_downloaded_again(support, store):
    raw = raw_orders(1)[0]
    order = kept(store, raw)
    till, _ = make_desktop(store, username="till-1")
    serve.note_download(till, [order])
    keep(store, [later(raw, ship_addr1="1 New Street")], fetched_at=timezone.now(), road="updated")
    resend(store, [order.miva_id], reason="Deleted there", by=User.objects.get())
    office, _ = make_desktop(store, username="office")
    serve.note_download(office, [Order.objects.get()])
    steps = [step for step in journey(support, Order.objects.get()) if "Decision" not in step]
    assert [step.split(" | ")[0] for step in steps] == [
        "Placed in Miva",
        "Kept here; came by the order queue",
        "Downloaded by Stone Edge",
        "Edited in Miva after the download; the later version came by the last update",
        "To be sent again",
        "Downloaded by Stone Edge",
    ]
    assert steps[2].endswith("till-1")
    assert steps[4].endswith("Deleted there (export number 1 became 2) | support")
    assert steps[5].endswith("office")


def test_shipped_in_two_of_which_one_is_parked(support, store):
    order = kept(store, raw_orders(1)[0])
    till, _ = make_desktop(store, username="till-1")
    update = StatusUpdate.objects.create(
        store=store, order=order, desktop=till, label="Shipped", meaning="shipped", content={},
        effect="Two shipments.", repeated=1, last_at=timezone.now() + timedelta(minutes=1),
    )  # fmt: skip
    now = timezone.now()
    for number, fields in (
        ("1Z1", {"done_at": now + timedelta(seconds=5), "miva_id": 77, "step": "verified"}),
        (
            "1Z2",
            {
                "parked_at": now + timedelta(seconds=9),
                "problem": "The line is gone.",
                "remedy": "Look there.",
            },
        ),
    ):
        row = Shipment.objects.create(store=store, order=order, update=update, **fields)
        Package.objects.create(store=store, order=order, shipment=row, number=number, key=number)
    steps = journey(support, order)
    assert "Stone Edge reported “Shipped” | Two shipments. | till-1" in steps
    assert (
        "Shipment with 1Z1 | Shipment 77 in Miva. Read back from Miva: it is as Stone Edge reported it. | the portal"
        in steps
    )
    assert "Shipment with 1Z2: parked | The line is gone. Look there. | the portal" in steps
    assert steps[-1].startswith("Said again word for word, 1 times in all")


def test_who_may_not_view_shipments_or_exchanges_is_told_nothing_of_them(client, store):
    order = kept(store, raw_orders(1)[0])
    StatusUpdate.objects.create(store=store, order=order, label="Shipped", content={})
    Exchange.objects.create(
        store=store, function="OrderList_Load_Query", at=order.fetched_at, milliseconds=1, outcome="ok", direction="miva"
    )  # fmt: skip
    user = User.objects.create_user("viewer", password="correct-horse-battery", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_order"))
    client.force_login(user)
    text = client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    assert "Shipped" not in text
    assert "OrderList_Load_Query" not in text


def times(client, order: Order) -> str:
    text = client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    row = re.search(r"<td[^>]*>\s*(<time.*?)Placed in Miva", text, re.DOTALL)
    return re.sub(r"<[^>]+>|\s+", " ", html.unescape(row[1]))


def test_times_are_in_the_viewers_zone_and_in_utc_and_in_the_stores_zone_until_the_browser_has_told(
    support, store
):
    order = kept(store, raw_orders(1)[0])
    Order.objects.update(placed_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert "2026-01-01 19:04:05 PST" in times(support, order)
    support.cookies["zone"] = "Europe%2FBerlin"
    assert "2026-01-02 04:04:05 CET" in times(support, order)
    assert "2026-01-02 03:04:05" in times(support, order)
    assert (
        "Europe/Berlin" in support.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    )


@pytest.mark.parametrize("told", ["Nowhere/Land", "../../etc/passwd", "", "<script>", "x" * 5000])
def test_a_zone_that_does_not_exist_is_the_stores(support, store, told):
    order = kept(store, raw_orders(1)[0])
    support.cookies["zone"] = told
    assert (
        support.get(reverse("admin:orders_order_change", args=[order.pk])).context["times"].zone == store.zone
    )


def test_a_long_journey_asks_as_many_questions_as_a_short_one(support, store):
    raw = raw_orders(1)[0]
    order = kept(store, raw)
    till, _ = make_desktop(store)
    page = reverse("admin:orders_order_change", args=[order.pk])

    def lived(times: int) -> int:
        for number in range(times):
            serve.note_download(till, [Order.objects.get()])
            keep(
                store,
                [later(raw, 60 * (number + times), bill_fname=f"A{number}{times}")],
                fetched_at=timezone.now(),
                road="date",
            )
            update = StatusUpdate.objects.create(
                store=store, order=order, desktop=till, label="Shipped", content={}
            )
            row = Shipment.objects.create(store=store, order=order, update=update)
            Package.objects.create(
                store=store, order=order, shipment=row, number=f"{times}-{number}", key=f"{times}-{number}"
            )
            resend(store, [order.miva_id], reason="Again", by=User.objects.get())
        support.get(page)
        with CaptureQueriesContext(connection) as captured:
            support.get(page)
        return len(captured)

    assert lived(2) == lived(5)
