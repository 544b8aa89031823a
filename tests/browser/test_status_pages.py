"""The merchants' pages in a real browser: for everybody, by keyboard, without scripts, light, and true at every moment."""

from __future__ import annotations

import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from django.utils import timezone

from config.health import WORKER
from config.tasks import HEARTBEAT
from orders.keep import keep
from orders.models import Download, Order
from orders.pull import pull
from stores.health import Service
from stores.miva.errors import MivaError
from stores.models import Exchange, Incident, PullCursor, ServiceDay
from stores.sandbox import SandboxStore, serve
from tests.factories import make_desktop, make_merchant, make_store, raw_orders, store_of, without_lines
from tests.status.conftest import PASSWORD, make_member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADDRESS = "/status/acme-web/"


@pytest.fixture(autouse=True)
def _clock_runs():
    cache.set(HEARTBEAT, time.time())
    cache.set(WORKER, time.time())


@pytest.fixture
def store():
    """A store of which all works, with three months behind it."""
    now = timezone.now()
    store = make_store(merchant=make_merchant(name="Acme Mugs"), name="Acme Web", slug="acme-web")
    cursor = {"last_tried_at": now, "last_good_at": now, "due_at": now + timedelta(minutes=12)}
    PullCursor.objects.filter(store=store).update(**cursor)
    desktop, _ = make_desktop(store, last_seen_at=now - timedelta(minutes=4))
    orders_of(store, desktop, now)
    for kind in ("fulfillment.shipment", "inventory.stockpush"):
        store.outbox_clocks.create(kind=kind, last_tried_at=now, last_good_at=now)
    for function, direction, outcome in (
        ("updatestatus", "desktop", "ok"),
        ("downloadorders", "desktop", "ok"),
        ("QueueOrderList_Load_Query", "miva", "down"),
        ("QueueOrderList_Load_Query", "miva", "ok"),
    ):
        Exchange.objects.create(
            store=store, direction=direction, function=function, milliseconds=90, outcome=outcome
        )
    history_of(store, now)
    make_member(store.merchant, "olga@acme.example")
    return store


def orders_of(store, desktop, now) -> None:
    """Twelve orders of the last days, all but the latest taken by Stone Edge."""
    keep(store, raw_orders(12), road="queue_ack", fetched_at=now)
    for ago, order in enumerate(Order.objects.order_by("-export_number")):
        placed_at = now - timedelta(hours=7 * ago + 1)
        Order.objects.filter(pk=order.pk).update(placed_at=placed_at, kept_at=placed_at)
        if ago:
            Download.objects.create(
                store=store,
                desktop=desktop,
                first_number=order.export_number,
                last_number=order.export_number,
                count=1,
                at=placed_at + timedelta(minutes=11 + ago),
            )


def history_of(store, now) -> None:
    """Ninety days, some of them not good."""
    today = now.astimezone(store.zone).date()
    worsts = {9: "failing", 10: "failing", 31: "held", 60: "late"}
    ServiceDay.objects.bulk_create(
        ServiceDay(
            store=store,
            service=service,
            day=today - timedelta(days=ago),
            worst=worsts.get(ago, "ok"),
            good_runs=96,
            carried=40,
            seconds_watched=86_400,
            seconds_wrong=3_000 if ago in worsts else 0,
            sampled_at=now,
        )
        for service in Service
        for ago in range(80)
    )


def signed_in(page, address: str = ADDRESS):
    """Sign in on the page itself, which leads on."""
    page.goto(address)
    page.fill("[name=username]", "olga@acme.example")
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: urlsplit(url).path == address, wait_until="load")
    return page


def clean(page) -> None:
    """Axe finds nothing at all, of whatever weight."""
    found = Axe().run(page).response["violations"]
    assert [(each["id"], node["html"][:160]) for each in found for node in each["nodes"]] == []


def fail(store) -> None:
    """Everything that may be wrong at once."""
    PullCursor.objects.filter(store=store).update(
        problem="Miva refuses the access: the token has expired.",
        remedy="In Miva, open Users → API Tokens, renew the token and send it to support by the one-time link.",
        problem_kind="locked",
        failures=3,
        last_good_at=timezone.now() - timedelta(hours=5),
    )
    keep(store, [without_lines(raw_orders(1, seed=9)[0])], road="queue_ack", fetched_at=timezone.now())


@pytest.mark.parametrize(("scheme", "screen"), [("light", "desktop"), ("dark", "phone")])
def test_the_pages_are_for_everybody(open_page, picture, store, scheme, screen):
    page = open_page(scheme, screen)
    page.goto(ADDRESS)
    clean(page)
    signed_in(page)
    picture(page, f"status-works-{scheme}-{screen}")
    clean(page)
    fail(store)
    page.goto(ADDRESS)
    picture(page, f"status-fails-{scheme}-{screen}")
    clean(page)
    for address, name in (("/status/", "overview"), (f"{ADDRESS}links/", "links")):
        page.goto(address)
        picture(page, f"status-{name}-{scheme}-{screen}")
        clean(page)
    incident = Incident.objects.create(title="Slow answers from Miva", component="pulls")
    incident.updates.create(text="We are asking Miva. No order is lost.")
    page.goto("/status/platform/")
    picture(page, f"status-platform-{scheme}-{screen}")
    clean(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out"


def test_the_page_tells_a_stopped_store_and_its_recovery_without_being_reloaded(open_page, settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True
    sandbox = SandboxStore(seed=4)
    page = open_page()
    with serve(sandbox) as server:
        store = store_of(sandbox, server, merchant=make_merchant(name="Acme"), name="Web", slug="acme-web")
        make_member(store.merchant, "olga@acme.example")
        pull(store)
        signed_in(page)
        first = page.locator(".lines > li").first
        assert "Orders are coming in." in first.inner_text()
        page.evaluate("window.mark = 'the same page'")
    with pytest.raises(MivaError):
        pull(store)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    first.get_by_text("✕ Failing").wait_for()
    assert "wrong" in page.locator("#said").inner_text()
    with serve(sandbox) as again:
        store.endpoint = again.endpoint
        store.save()
        pull(store)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    first.get_by_text("Orders are coming in.").wait_for()
    assert page.evaluate("window.mark") == "the same page"


def test_what_was_open_stays_open_and_the_focus_stays_when_the_page_goes_on(open_page, store):
    page = signed_in(open_page())
    summary = page.locator(".history summary").first
    summary.click()
    strip = page.locator(".strip").first
    strip.focus()
    page.keyboard.press("Home")
    with page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
        page.evaluate("window.dispatchEvent(new Event('online'))")
    page.wait_for_function("document.querySelector('.history details').open")
    assert page.evaluate("document.activeElement.id") == strip.get_attribute("id")
    assert "not watched" in page.locator(".day").first.inner_text()


def test_everything_can_be_done_by_keyboard(open_page, store):
    page = signed_in(open_page())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator(".strip").first.focus()
    day = page.locator(".day").first
    newest = day.inner_text()
    page.keyboard.press("ArrowLeft")
    assert day.inner_text() != newest
    page.keyboard.press("Home")
    assert "not watched" in day.inner_text()
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id"))
    assert {"order", "pull", "language"} <= reached
    page.focus("#pull")
    page.keyboard.press("Enter")
    page.get_by_text("Orders are being fetched").wait_for()


def test_without_scripts_the_page_is_whole(open_page, picture, store):
    page = signed_in(open_page(scripts=False))
    assert page.get_by_text("Everything works.").is_visible()
    number = Order.objects.order_by("-pk")[0].miva_id
    page.fill("#order", str(number))
    page.click("text=Look")
    assert page.get_by_text(f"Order {number} is in.").is_visible()
    picture(page, "status-without-scripts")
    fail(store)
    page.click("text=Reload")
    assert page.get_by_role("heading", name="Yours to fix").is_visible()
    page.click("#pull")
    assert page.get_by_text("Orders are being fetched").is_visible()


def test_the_page_is_light_and_asks_nobody_else(open_page, live_server, store):
    page = open_page()
    loaded, spoken = {}, []
    page.on("console", lambda message: spoken.append(message.text))
    signed_in(page)
    page.on("requestfinished", lambda request: loaded.update({request.url: sum_of(request)}))
    page.goto(ADDRESS, wait_until="networkidle")
    assert all(url.startswith(live_server.url) for url in loaded)
    assert sum(loaded.values()) < 100_000, loaded
    assert spoken == [], "the policy stops nothing of ours"


def sum_of(request) -> int:
    """The bytes that came over the wire for it."""
    sizes = request.sizes()
    return sizes["responseBodySize"] + sizes["responseHeadersSize"]
