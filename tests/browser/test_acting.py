"""Connecting a store from nothing to its first import, and what support does, in a real browser."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from orders.keep import keep
from orders.models import Backfill, Order
from orders.tasks import pull_store, run_backfill
from stores.models import PullCursor, Store, StoreSetup
from stores.sandbox import SandboxStore
from stores.sandbox import serve as serve_sandbox
from stores.sandbox.desktop import Desktop as StoneEdge
from tests.browser.handbook import handbook_picture
from tests.browser.looking import problems_of
from tests.browser.test_job_pages import finish
from tests.factories import make_merchant, raw_orders, store_of, without_lines

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _sandbox_is_allowed(settings, live_server):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True
    settings.PUBLIC_URL = live_server.url


@pytest.fixture
def server():
    with serve_sandbox(SandboxStore(seed=4, orders=12)) as running:
        yield running


@pytest.fixture
def shop(server):
    """The row of a sandbox store whose next pull is an hour away."""
    store = store_of(
        server.store,
        server,
        merchant=make_merchant(name="Acme Tools"),
        name="Acme",
        slug="acme",
        page_size=5,
        strategy=Store.Strategy.DATE,
    )
    PullCursor.objects.filter(store=store).update(due_at=timezone.now() + timedelta(hours=1))
    return store


STORES = "/admin/stores/store/"


def go_on(page, words: str = "Go on") -> None:
    page.get_by_role("button", name=words).click()


def at_step(page, number: int) -> None:
    page.get_by_role("heading", name=re.compile(f"^Step {number} of 7")).wait_for()


def fill_credentials(page, server) -> None:
    page.get_by_label("New merchant").fill("Acme Mugs")
    page.get_by_label("Name", exact=True).fill("Acme Web")
    page.get_by_label("Endpoint URL").fill(server.endpoint)
    page.get_by_label("Store code").fill(server.store.store_code)
    page.get_by_label("API token").fill(server.store.token)
    page.get_by_label("Signing key").fill(server.store.signing_key)


def test_a_store_is_connected_from_nothing_to_the_first_import(
    server, open_page, log_in, picture, live_server
):
    page = log_in(open_page())
    store = connected_and_checked(page, server, picture)
    strategy_fields_and_payments(page, picture)
    password = issued(page, picture)
    at_step(page, 7)
    assert password not in page.content()
    go_on(page, "Start the first pull")
    page.locator("#pull-progress [data-state=waiting]").wait_for()
    pull_store(store.pk)
    page.locator("#pull-progress [data-state=done]").wait_for()
    picture(page, "connect-7-pull")
    handbook_picture(page, "connect-7-pull")
    login = store.desktops.get().username
    with StoneEdge(f"{live_server.url}/seti/", login, password, store.store_code) as stone_edge:
        stone_edge.import_orders()
        assert len(stone_edge.imported.numbers) == Order.objects.of(store).count() > 0


def connected_and_checked(page, server, picture) -> Store:
    """Steps 1 and 2: the credentials, and every permission."""
    page.goto(STORES)
    page.get_by_role("link", name="Connect a store").click()
    at_step(page, 1)
    fill_credentials(page, server)
    picture(page, "connect-1-credentials")
    handbook_picture(page, "connect-1-credentials")
    go_on(page, "Save and go on")
    at_step(page, 2)
    store = Store.objects.get()
    assert store.paused_reason.startswith("Being connected")
    page.get_by_role("button", name="Check now").click()
    page.get_by_text(re.compile(r"All \d+ passed")).wait_for()
    picture(page, "connect-2-check")
    handbook_picture(page, "connect-2-check")
    go_on(page)
    return store


def strategy_fields_and_payments(page, picture) -> None:
    """Steps 3 to 5."""
    at_step(page, 3)
    first = page.locator(".c2c-checks li").first
    expect(first).to_contain_text("Fits")
    expect(first).to_contain_text("Order queue with acknowledgement")
    picture(page, "connect-3-strategy")
    handbook_picture(page, "connect-3-strategy")
    go_on(page, "Save and go on")
    at_step(page, 4)
    page.get_by_role("button", name="Ask Miva now").click()
    page.get_by_role("columnheader", name="Goes to").wait_for()
    picture(page, "connect-4-fields")
    go_on(page)
    at_step(page, 5)
    picture(page, "connect-5-payments")
    go_on(page)


def issued(page, picture) -> str:
    """Step 6: the password for Stone Edge, shown this once."""
    at_step(page, 6)
    page.get_by_role("button", name="Issue the password").click()
    password = page.locator("#issued-password").inner_text()
    handbook_picture(page, "connect-6-stone-edge")
    picture(page, "connect-6-stone-edge")
    page.get_by_role("link", name="Go on").click()
    return password


def test_the_form_is_left_and_taken_up_where_it_was(server, open_page, log_in):
    page = log_in(open_page())
    page.goto(STORES)
    page.get_by_role("link", name="Connect a store").click()
    fill_credentials(page, server)
    go_on(page, "Save and go on")
    at_step(page, 2)
    go_on(page)
    at_step(page, 3)
    page.goto("/admin/stores/store/connect/")
    page.get_by_role("link", name="Acme Mugs · Acme Web").click()
    at_step(page, 3)
    page.get_by_role("link", name="Back", exact=True).click()
    at_step(page, 2)
    assert StoreSetup.objects.get().reached == 3


def test_a_held_order_is_found_and_released(shop, open_page, log_in, picture):
    raw = raw_orders(1, seed=9)[0]
    keep(shop, [without_lines(raw)], fetched_at=timezone.now(), road="queue_ack")
    page = log_in(open_page())
    page.goto(f"/admin/orders/order/?q={raw['id']}")
    page.get_by_role("link", name=str(raw["id"])).first.click()
    page.get_by_role("link", name="Try again…").wait_for()
    handbook_picture(page, "held-order")
    Order.objects.update(raw=raw)  # the cause is gone
    page.get_by_role("link", name="Try again…").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Try 1 order again?").wait_for()
    picture(page, "act-question")
    handbook_picture(page, "question")
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("1 order is released for Stone Edge.").wait_for()
    assert Order.objects.get().state == "exportable"


def test_days_are_fetched_again_for_several_stores_and_the_bar_reaches_the_end(shop, open_page, log_in):
    page = log_in(open_page())
    page.goto(STORES)
    page.locator("#result_list .action-select").first.check()
    page.locator("select[name=action]").select_option(label="Fetch days again…")
    page.get_by_role("button", name="Run", exact=False).click()
    page.get_by_label("First day").fill("2020-01-01")
    handbook_picture(page, "backfill-days")
    page.get_by_role("button", name="Fetch days again").click()
    page.get_by_text("1 backfill started").wait_for()
    row = Backfill.objects.get()
    page.goto(f"/admin/orders/backfill/{row.pk}/change/")
    page.get_by_role("progressbar").wait_for()
    finish(run_backfill, row)
    page.locator("#backfill-progress [data-state=done]").wait_for()
    assert page.get_by_role("progressbar").get_attribute("value") == "100"
    handbook_picture(page, "backfill-done")


@pytest.mark.parametrize(("scheme", "screen"), [("light", "desktop"), ("dark", "phone")])
def test_the_pages_are_clean_for_axe_and_fit_the_screen(shop, open_page, log_in, picture, scheme, screen):
    StoreSetup.objects.create(
        store=shop, reached=7, checks=[["endpoint", True, "The store's API answers."]], queues=["new"]
    )
    page = log_in(open_page(scheme=scheme, screen=screen))
    stem = f"/admin/stores/store/connect/{shop.pk}"
    pages = {f"connect-{step}": f"{stem}/{step}/" for step in range(1, 8)}
    pages |= {
        "connect-new": "/admin/stores/store/connect/",
        "legacy": "/admin/stores/store/connect/legacy/",
        "pause": f"/admin/stores/store/{shop.pk}/pause/",
        "token-new": "/admin/stores/apitoken/add/",
        "copy": f"/admin/stores/store/{shop.pk}/copy/",
    }
    assert problems_of(page, pages, picture, f"{scheme}-{screen}") == []
    for choice in page.locator(".c2c-radios label").all():  # of the page that copies settings
        tick, whole = choice.get_by_role("checkbox").bounding_box(), choice.bounding_box()
        assert tick["width"] == tick["height"] < 24
        assert tick["x"] == whole["x"]
