"""The merchants' pages in a real browser: for everybody, by keyboard, without scripts, light, and true at every moment."""

from __future__ import annotations

import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import expect

from config.health import WORKER
from config.tasks import HEARTBEAT
from orders.keep import keep
from orders.models import Download, Order
from orders.pull import pull
from stores.health import Service, State
from stores.miva.errors import MivaError
from stores.models import Exchange, Incident, PullCursor, ServiceDay, Store
from stores.sandbox import SandboxStore, serve
from tests.browser.handbook import STATUS, handbook_picture
from tests.factories import make_desktop, make_merchant, make_store, raw_orders, store_of, without_lines
from tests.status.conftest import PASSWORD, make_member
from tests.status.test_pages import everything_works

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
    page.wait_for_load_state("load")
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
    looked_at(page, picture, f"works-{scheme}")
    fail(store)
    page.goto(ADDRESS)
    looked_at(page, picture, f"fails-{scheme}")
    for address, name in (("/status/", "overview"), (f"{ADDRESS}links/", "links")):
        page.goto(address)
        looked_at(page, picture, f"{name}-{scheme}")
    incident = Incident.objects.create(title="Slow answers from Miva", component="pulls")
    incident.updates.create(text="We are asking Miva. No order is lost.")
    page.goto("/status/platform/")
    looked_at(page, picture, f"platform-{scheme}")


def looked_at(page, picture, name: str) -> None:
    """Nothing is wrong with the page, and its picture is kept for people and for the documentation."""
    clean(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out"
    picture(page, f"status-{name}")
    handbook_picture(page, name, STATUS)


LATELY = timedelta(minutes=4)
# What brings each state about, and what the page says over all.
STATES = {
    State.OK: ({}, "Everything works."),
    State.FAILING: (
        {"problem": "The name shop.example.com cannot be found.", "problem_kind": "down"},
        "Something is wrong. We are on it.",
    ),
    State.CRASHED: ({"leased_until": -LATELY}, "Something is wrong. We are on it."),
    State.LATE: ({"last_good_at": -timedelta(hours=3)}, "Something is wrong. We are on it."),
    State.WARNING: (
        {
            "problem": "Orders that were acknowledged stay in the queue 'new': acknowledging moves nothing in Miva.",
            "remedy": "In Miva open Order Workflows and enable 'Process Order Acknowledgement'.",
            "problem_kind": "warning",
        },
        "Something needs you.",
    ),
    State.NEVER: ({"last_good_at": None, "last_tried_at": None}, "Not everything has begun yet."),
}


def test_every_state_is_told_in_words_and_shape(open_page, picture, store):
    page = signed_in(open_page())
    calm = PullCursor.objects.filter(store=store).values().get()
    for state, (change, headline) in STATES.items():
        now = timezone.now()
        moments = {name: now + value for name, value in change.items() if isinstance(value, timedelta)}
        PullCursor.objects.filter(store=store).update(**{**calm, **change, **moments})
        shown_as(page, picture, state, headline)
    PullCursor.objects.filter(store=store).update(**calm)
    keep(store, [without_lines(raw_orders(1, seed=9)[0])], road="queue_ack", fetched_at=timezone.now())
    shown_as(page, picture, State.HELD, "Something is wrong. We are on it.")
    Store.objects.filter(pk=store.pk).update(paused_reason="stock-taking")
    shown_as(page, picture, State.PAUSED, "Something is wrong. We are on it.")
    Store.objects.filter(pk=store.pk).update(active=False)
    shown_as(page, picture, State.OFF, "Switched off")
    Store.objects.filter(pk=store.pk).update(active=True, paused_reason="")
    cache.delete(HEARTBEAT)
    page.goto(ADDRESS)
    assert page.get_by_text("Our clock stands still").is_visible()
    looked_at(page, picture, "state-clock")


def shown_as(page, picture, state: State, headline: str) -> None:
    """The page says the state of a service and the headline, and nothing of it is green by mistake."""
    page.goto(ADDRESS)
    assert headline in page.locator(".headline").inner_text()
    words = [each.inner_text() for each in page.locator(".lines .state").all()]
    assert any(str(state.label) in each for each in words), (state, words)
    assert (page.locator(".headline .good").count() == 1) == (state == State.OK)
    looked_at(page, picture, f"state-{state}")


def wake(page) -> None:
    """What a laptop does that was asleep."""
    page.evaluate("window.dispatchEvent(new Event('online'))")


def test_a_revoked_token_is_told_with_what_to_do_and_the_page_is_green_when_that_is_done(
    open_page, log_in, settings, live_server
):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True
    sandbox = SandboxStore(seed=4)
    with serve(sandbox) as server:
        store = store_of(sandbox, server, merchant=make_merchant(name="Acme"), name="Web", slug="acme-web")
        everything_works(store)
        make_member(store.merchant, "olga@acme.example")
        pull(store)
        member = signed_in(open_page())
        member.get_by_text("✓ Everything works.").wait_for()
        sandbox.token = "0123456789abcdef0123456789abcdef"  # the former one is good no longer
        with pytest.raises(MivaError):
            pull(store)
        wake(member)
        yours = member.get_by_role("region", name="Yours to fix")
        yours.wait_for()
        assert "Miva refuses us access" in yours.inner_text()
        assert "is the token copied whole" in yours.inner_text()
        assert "✕ Something needs you." in member.locator(".headline").inner_text()
        support = log_in(open_page())
        support.goto(f"/admin/stores/store/{store.pk}/change/")
        support.get_by_role("button", name="Enter new secrets").click()
        support.get_by_label("API token").fill(sandbox.token)
        support.get_by_role("button", name="Enter new secrets").click()
        support.get_by_text("New API token stored").wait_for()
        pull(Store.objects.get(pk=store.pk))
        wake(member)
        member.get_by_text("✓ Everything works.").wait_for()
        assert yours.count() == 0


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
    wake(page)
    first.get_by_text("✕ Failing").wait_for()
    assert "wrong" in page.locator("#said").inner_text()
    with serve(sandbox) as again:
        store.endpoint = again.endpoint
        store.save()
        pull(store)
    wake(page)
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
        wake(page)
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
    expect(page.get_by_text(f"Order {number} is in.")).to_be_visible()
    picture(page, "status-without-scripts")
    fail(store)
    page.click("text=Reload")
    expect(page.get_by_role("heading", name="Yours to fix")).to_be_visible()
    page.click("#pull")
    expect(page.get_by_text("Orders are being fetched")).to_be_visible()


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
