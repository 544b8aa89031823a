"""The merchants' pages: each state as it is shown, what is yours to fix, what is never shown green."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.status.charts import charts
from config.tasks import HEARTBEAT
from orders.keep import keep
from orders.models import Download, Order
from stores.health import Service
from stores.models import Exchange, PullCursor, ServiceDay
from tests.factories import make_desktop, make_merchant, make_store, raw_orders, without_lines
from tests.status.conftest import make_member

pytestmark = pytest.mark.django_db
NOW = timezone.now


def cursor(store, **fields):
    PullCursor.objects.filter(store=store).update(**fields)


def text(client, address: str = "/status/acme-web/", **headers) -> str:
    """The page without its tags, blanks put together."""
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, answer
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def tones(client, address: str = "/status/acme-web/") -> list[str]:
    """The tones of the four services, in order."""
    page = client.get(address).content.decode()
    return re.findall(r"</h3>\s*<span class=\"state (\w+)\"", page)


def everything_works(store):
    """Rows of a store of which all four services have worked."""
    cursor(store, last_tried_at=NOW(), last_good_at=NOW(), due_at=NOW() + timedelta(minutes=10))
    desktop, _ = make_desktop(store, last_seen_at=NOW())
    Download.objects.create(store=store, desktop=desktop, first_number=1, last_number=1, count=1)
    for kind in ("fulfillment.shipment", "inventory.stockpush"):
        store.outbox_clocks.create(kind=kind, last_tried_at=NOW(), last_good_at=NOW())


def test_a_store_of_which_all_works_says_so_and_is_green(client, store):
    everything_works(store)
    assert "✓ Everything works." in text(client)
    assert tones(client) == ["good"] * 4


def test_what_never_happened_is_not_green(client, store):
    assert "good" not in tones(client)
    assert "Not everything has begun yet." in text(client)


def test_a_failed_pull_moves_the_last_attempt_and_not_the_last_success(client, store):
    everything_works(store)
    before = NOW() - timedelta(hours=3)
    cursor(store, last_good_at=before, problem="Miva did not answer.", problem_kind="down", failures=1)
    page = text(client)
    assert "✕ Failing" in page
    assert re.search(r"Last success \S+ \S+ \S+ 3 hours", page)
    assert "We are on it Orders from Miva : Miva did not answer." in page
    assert "It is tried again by itself" in page


def test_refused_credentials_are_yours_to_fix_with_the_remedy_and_go_away_when_they_are_over(client, store):
    everything_works(store)
    cursor(
        store,
        problem="Miva refuses the token.",
        remedy="Enter a new one in Miva.",
        problem_kind="locked",
        failures=1,
    )
    page = text(client)
    assert "Something needs you." in page
    assert (
        "Yours to fix Orders from Miva : Miva refuses the token. What to do: Enter a new one in Miva." in page
    )
    cursor(store, problem="", remedy="", problem_kind="", failures=0, last_good_at=NOW())
    assert "Miva refuses the token." not in text(client)


def test_a_pull_that_stopped_in_the_middle_is_called_so(client, store):
    everything_works(store)
    cursor(store, leased_until=NOW() - timedelta(seconds=1))
    assert "✕ Stopped in the middle" in text(client)


def test_a_late_store_says_so(client, store):
    everything_works(store)
    cursor(store, last_good_at=NOW() - timedelta(hours=2))
    page = text(client)
    assert "✕ Late" in page
    assert "Look at the workers" not in page, "a remedy for support is not the merchant's"


def test_a_warning_came_through_and_is_not_green(client, store):
    everything_works(store)
    cursor(store, problem="Orders do not leave the queue.", remedy="Enable it.", problem_kind="warning")
    assert tones(client)[0] == "warn"
    assert "Yours to fix" in text(client)


def test_a_held_order_is_told_with_its_reason_among_what_we_are_on(client, store):
    everything_works(store)
    keep(store, [without_lines(raw_orders()[0])], road="queue_ack", fetched_at=NOW())
    order = Order.objects.get()
    assert order.state == Order.State.HELD
    page = text(client)
    assert f"We are on it Order {order.miva_id} : it has no lines." in page
    assert tones(client)[1] == "warn"


def test_what_is_set_aside_for_the_merchant_is_his_to_fix_in_the_headline_too(client, store):
    everything_works(store)
    store.stockpushs.create(
        sku="MUG",
        sku_key="mug",
        problem="2 products in Miva share the SKU MUG (A, B): it is not clear whose stock is meant.",
        remedy="Give each product a SKU of its own in Miva, or let the store be identified by product code.",
        problem_kind="refused",
        parked_at=NOW(),
    )
    page = text(client)
    assert "Something needs you." in page
    assert "Yours to fix Stock of MUG : 2 products in Miva share the SKU MUG" in page
    assert "Something needs you." in text(client, "/status/")
    stock = client.get("/status/acme-web/status.json").json()["services"][3]
    assert (stock["state"], stock["whose_turn"]) == ("held", "merchant")


def test_an_order_without_a_sku_is_the_merchants_to_fix_and_is_told_with_the_remedy(client, store):
    everything_works(store)
    nameless, broken = raw_orders(2)
    nameless["items"][0] |= {"code": "", "sku": "", "name": "Mug", "product_id": 5, "parts": []}
    keep(store, [nameless, without_lines(broken)], road="queue_ack", fetched_at=NOW())
    page = text(client)
    yours, ours = page.split("Yours to fix")[1].split("We are on it")
    assert "has neither a code nor a SKU. What to do: Enter a code or a SKU for the line in Miva" in yours
    assert "it has no lines." in ours.split("Services")[0]
    assert "Something needs you." in page


def test_a_day_of_which_little_was_watched_is_not_green(client, store):
    today = NOW().astimezone(store.zone).date()
    for ago, watched in ((1, 4 * 3600), (2, 86_400)):
        store.service_days.create(
            service=Service.ORDERS_IN,
            day=today - timedelta(days=ago),
            worst="ok",
            seconds_watched=watched,
            sampled_at=NOW(),
        )
    strip = client.get("/status/acme-web/").content.decode().split('class="strip"')[1].split("</svg>")[0]
    assert strip.count('class="good"') == 1
    assert "Working, watched for 4 hours</title>" in strip


def test_a_paused_store_is_neither_green_nor_red(client, store):
    everything_works(store)
    store.paused_reason = "holiday"
    store.save()
    page = text(client)
    assert "○ Paused" in page
    assert "Pull orders now" not in page


def test_a_store_that_is_switched_off_says_so(client, store):
    store.active = False
    store.save()
    assert "○ Switched off" in text(client)


def test_while_our_clock_stands_still_nothing_is_said_to_work(client, store):
    everything_works(store)
    cache.delete(HEARTBEAT)
    page = text(client)
    assert "Our clock stands still" in page
    assert tones(client) == ["bad", "good", "bad", "bad"], "Stone Edge still gets what it asks for"
    assert "Next run when our clock runs again" in page
    assert "Everything works." not in page
    assert "Everything works." not in text(client, "/status/")
    stood = client.get("/status/acme-web/status.json").json()
    assert [service["state"] for service in stood["services"]] == ["late", "ok", "late", "late"]


def test_the_overview_has_a_card_for_each_store_of_ones_merchants(client, store, owner):
    make_store(merchant=store.merchant, name="Acme Outlet")
    make_store(name="Somebody else's")
    page = text(client, "/status/")
    assert "Acme Web" in page
    assert "Acme Outlet" in page
    assert "Somebody else" not in page


def test_the_strip_has_ninety_days_and_tells_their_figures(client, store):
    today = NOW().astimezone(store.zone).date()
    for ago, worst in ((1, "failing"), (2, "ok")):
        ServiceDay.objects.create(
            store=store,
            service=Service.ORDERS_IN,
            day=today - timedelta(days=ago),
            worst=worst,
            good_runs=90,
            bad_runs=6 if worst == "failing" else 0,
            carried=41,
            seconds_watched=86_400,
            seconds_wrong=3_600 if worst == "failing" else 0,
            sampled_at=NOW(),
        )
    page = client.get("/status/acme-web/").content.decode()
    strip = page.split('class="strip"')[1].split("</svg>")[0]
    assert strip.count("<rect") == 90
    assert "Failing, 60 minutes wrong, 6 of 96 runs failed, 41 carried</title>" in strip
    assert strip.count('class="good"') == 1
    assert "The last 90 days: 1 day without a problem, 1 with one, 88 without figures" in strip


def test_recent_orders_say_where_each_is(client, store):
    desktop, _ = make_desktop(store)
    keep(store, raw_orders(3), road="queue_ack", fetched_at=NOW())
    first, second, third = Order.objects.order_by("export_number")
    Download.objects.create(
        store=store, desktop=desktop, first_number=1, last_number=first.export_number, count=1
    )
    page = text(client)
    assert re.search(rf"{first.miva_id} placed \S+ \S+ \S+ ✓ In Stone Edge", page)
    assert re.search(rf"{second.miva_id} placed \S+ \S+ \S+ ○ Waits for the next import of Stone Edge", page)
    assert re.search(rf"{third.miva_id} placed", page)


def test_no_customer_is_named_on_the_page(client, store):
    keep(store, raw_orders(1), road="queue_ack", fetched_at=NOW())
    order = Order.objects.get()
    page = text(client)
    assert order.customer not in page
    assert order.email not in page


def test_the_search_tells_where_an_order_is(client, store):
    keep(store, raw_orders(1), road="queue_ack", fetched_at=NOW())
    number = Order.objects.get().miva_id
    assert f"Order {number} is in." in text(client, f"/status/acme-web/?order=%23{number}")


def test_the_search_tells_why_an_order_is_not_in(client, store):
    cursor(store, problem="Miva refuses the token.", problem_kind="locked", failures=1)
    page = text(client, "/status/acme-web/?order=200143")
    assert "Order 200143 is not here. Miva refuses the token." in page
    assert "Ask Miva about it" in page


def test_the_search_wants_a_number(client, store):
    assert "That is no order number" in text(client, "/status/acme-web/?order=mug")


def test_the_timeline_tells_what_happened_by_the_hour(client, store):
    for outcome in ("ok", "ok", "down"):
        Exchange.objects.create(
            store=store,
            direction="miva",
            function="QueueOrderList_Load_Query",
            milliseconds=5,
            outcome=outcome,
        )
    page = text(client)
    assert "Orders asked for in Miva × 3 ▲ 1 failed" in page


def test_what_is_polled_is_the_part_that_changes_alone(client, store):
    part = client.get("/status/acme-web/", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="live"')
    assert "<html" not in part
    cards = client.get("/status/", headers={"HX-Request": "true"}).content.decode()
    assert cards.lstrip().startswith('<div id="live"')


def test_times_are_those_of_the_viewer_with_their_zones_name(client, store):
    assert "Times are those of America/New_York." in text(client)
    client.cookies["zone"] = "Asia%2FTokyo"
    assert "Times are those of Asia/Tokyo." in text(client)
    client.cookies["zone"] = "No/Such"
    assert "Times are those of America/New_York." in text(client)


def test_the_pages_speak_german_and_spanish(client, store):
    assert "Meine Shops" in text(client, "/status/", **{"Accept-Language": "de-AT"})
    assert "Mis tiendas" in text(client, "/status/", **{"Accept-Language": "es-MX,es;q=0.8"})
    assert "My stores" in text(client, "/status/", **{"Accept-Language": "fr"})


def test_what_was_kept_in_english_is_told_in_the_readers_language(client, store):
    everything_works(store)
    cursor(
        store,
        problem="The token is known, but it is switched off in Miva.",
        remedy="Enable it in Miva (Users, API Tokens), or enter another token.",
        problem_kind="locked",
    )
    keep(store, [without_lines(raw_orders()[0])], road="queue_ack", fetched_at=NOW())
    number = Order.objects.get().miva_id
    page = text(client, **{"Accept-Language": "de"})
    assert "Das Token ist bekannt, aber in Miva ausgeschaltet." in page
    assert "Schalten Sie es in Miva (Users, API Tokens) ein" in page
    assert f"Bestellung {number} : sie hat keine Positionen." in page
    assert "Pedido" in text(client, **{"Accept-Language": "es"})


def test_the_twin_has_the_same_states_for_monitors(client, store):
    everything_works(store)
    answer = client.get("/status/acme-web/status.json")
    told = answer.json()
    assert answer.status_code == 200
    assert (told["store"], told["state"], told["ok"], told["clock_running"]) == ("acme-web", "ok", True, True)
    assert [service["service"] for service in told["services"]] == list(Service)
    assert set(told["services"][0]) == {
        *(
            "service",
            "state",
            "ok",
            "sentence",
            "whose_turn",
            "remedy",
            "last_tried_at",
            "last_good_at",
            "next_run_at",
        ),
        *("waiting", "oldest_waiting_at", "held"),
    }
    cursor(store, problem="Miva did not answer.", problem_kind="down", failures=1)
    assert client.get("/status/acme-web/status.json").json()["state"] == "failing"


def test_the_policy_allows_nothing_but_ourselves_and_the_admin_has_none(client, admin_client, store):
    policy = client.get("/status/acme-web/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "Content-Security-Policy" not in admin_client.get("/admin/")


def test_no_page_holds_a_script_or_a_style_of_its_own(client, store):
    for address in ("/status/", "/status/acme-web/", "/status/acme-web/links/", "/status/platform/"):
        page = client.get(address).content.decode()
        assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=", page), address


def test_nobody_keeps_the_pages(client, store):
    assert client.get("/status/acme-web/")["Cache-Control"] == "no-store, private"


def queries(client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def test_the_number_of_queries_does_not_grow_with_the_stores(client, store):
    few = queries(client, "/status/")
    for number in range(30):
        make_store(merchant=store.merchant, name=f"Outlet {number}")
    for _ in range(20):
        make_store()
    assert queries(client, "/status/") == few
    assert queries(client, "/status/acme-web/") <= few + 16


def test_thirty_stores_are_told_page_by_page(client, store):
    for number in range(30):
        make_store(merchant=store.merchant, name=f"Outlet {number:02}")
    assert "Page 1 of 4" in text(client, "/status/")
    assert "Outlet 29" in text(client, "/status/?page=4")


def test_a_member_of_two_merchants_sees_the_stores_of_both(client, store, owner):
    other = make_store(merchant=make_merchant(name="Beta"), name="Beta Web")
    owner.memberships.create(merchant=other.merchant, role="viewer")
    page = text(client, "/status/")
    assert "Acme Web" in page
    assert "Beta Web" in page


def test_a_viewer_is_offered_nothing_to_press(store):
    viewer = Client()
    viewer.force_login(make_member(store.merchant, "vera@acme.example", "viewer"))
    page = text(viewer, "/status/acme-web/?order=1")
    assert "Pull orders now" not in page
    assert "Ask Miva" not in page
    assert "Links for others" not in page


def test_the_bars_of_the_orders_add_up_to_the_number_in_the_sentence(store):
    store.time_zone = "America/Chicago"
    now = datetime(2026, 11, 22, 20, tzinfo=UTC)  # 14:00 there
    first_day = datetime(2026, 10, 24, 5, tzinfo=UTC)  # of the thirty: its midnight there
    for number, at in enumerate([now, first_day, first_day - timedelta(seconds=1)], 1):
        order = Order.objects.create(
            store=store,
            miva_id=number,
            placed_at=at,
            total=1,
            miva_status=0,
            fetched_at=at,
            raw={},
            fingerprint="f",
        )
        assert order.placed_at == at
    orders, _minutes = charts(store, now)
    assert orders.sentence == "2 orders were placed in the last 30 days."
    assert sum(bar.figure for bar in orders.bars) == 2
    assert (orders.bars[0].figure, orders.bars[-1].figure) == (1, 1)
