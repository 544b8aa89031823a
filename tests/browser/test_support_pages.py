"""Support's day in a real browser: see the failing store, mend it, find the order, issue a password; and who cannot see colours."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from orders import serve
from orders.keep import keep
from orders.models import Order
from orders.pull import pull
from stores.access import matches
from stores.models import Desktop, PullCursor, Store
from stores.sandbox import SandboxStore
from stores.sandbox import serve as serve_sandbox
from tests.browser.looking import problems_of
from tests.factories import (
    later,
    make_desktop,
    make_merchant,
    make_store,
    raw_orders,
    store_of,
    without_lines,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

REASON = "Miva refused the access: the token is unknown."
REMEDY = "Compare the token with Miva: Users → API Tokens, and enter it again on the store's page."


@pytest.fixture(autouse=True)
def _sandbox_is_allowed(settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True


@pytest.fixture
def shop():
    """A sandbox store with three orders and its row, well until now."""
    sandbox = SandboxStore(seed=3, orders=3)
    with serve_sandbox(sandbox) as server:
        store = store_of(sandbox, server, merchant=make_merchant(name="Acme Tools"), name="Acme", slug="acme")
        pull(store)
        yield store


@pytest.fixture
def failing(shop):
    """The same store, whose last pull failed."""
    PullCursor.objects.filter(store=shop).update(
        problem=REASON,
        remedy=REMEDY,
        problem_kind="locked",
        problem_since=timezone.now(),
        failures=3,
        last_good_at=timezone.now() - timedelta(hours=5),
    )
    return shop


@pytest.fixture
def neighbours(shop):
    """Other stores in other states, a held order, and one that was changed after its download."""
    well = make_store(merchant=make_merchant(name="Bolt & Nut"), name="Bolt", slug="bolt")
    PullCursor.objects.filter(store=well).update(last_good_at=timezone.now(), last_tried_at=timezone.now())
    make_store(
        merchant=make_merchant(name="Cedar Garden"),
        name="Cedar",
        slug="cedar",
        paused_reason="Moving to a new server",
    )
    raws = raw_orders(2, seed=9)
    keep(well, [raws[0], without_lines(raws[1])], fetched_at=timezone.now(), road="queue_ack")
    desktop, _ = make_desktop(well, last_seen_at=timezone.now(), client_version="7.732")
    serve.note_download(desktop, list(Order.objects.filter(store=well, state="exportable")))
    keep(well, [later(raws[0], ship_addr1="1 New Street")], fetched_at=timezone.now(), road="queue_ack")
    return well


def test_support_sees_the_failing_store_first_and_finds_the_reason_and_the_remedy_on_its_page(
    failing, neighbours, open_page, log_in, picture
):
    page = log_in(open_page())
    picture(page, "overview")
    page.get_by_role("navigation").get_by_role("link", name="Stores").click()
    first = page.locator("#result_list tbody").first
    for words in ("Acme", "Failing", REASON):
        expect(first).to_contain_text(words)
    picture(page, "stores")
    first.get_by_role("link", name="Acme", exact=True).click()
    strip = page.get_by_role("region", name="Health")
    for words in (REASON, REMEDY, "5 hours ago"):
        expect(strip).to_contain_text(words)
    picture(page, "store")


def test_the_connection_is_checked_against_the_store_by_a_button(failing, open_page, log_in, picture):
    page = log_in(open_page())
    page.goto(f"/admin/stores/store/{failing.pk}/change/")
    page.get_by_role("button", name="Check connection").click()
    page.get_by_role("heading", name="Check the connection of 1 store?").wait_for()
    page.get_by_role("button", name="Check connection").click()
    page.get_by_role("heading", name="Check connection").wait_for()
    page.get_by_text(re.compile(r"All \d+ passed")).wait_for()
    picture(page, "checks")


def test_a_secret_is_removed_by_its_tick_also_when_another_box_was_wrong_first(
    shop, open_page, log_in, picture
):
    shop.passphrase = "of-no-use-any-more"
    shop.save()
    page = log_in(open_page())
    page.goto(f"/admin/stores/store/{shop.pk}/change/")
    tick = page.locator("#id_passphrase-clear")
    tick.check()
    page.get_by_label("Time zone").fill("Nowhere")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("'Nowhere' is not a time zone").wait_for()
    expect(tick).to_be_checked()
    picture(page, "secret-to-remove")
    page.get_by_label("Time zone").fill("")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was changed successfully").wait_for()
    assert not Store.objects.get(pk=shop.pk).passphrase


def test_pull_now_makes_the_store_due_and_says_so(failing, open_page, log_in, picture):
    PullCursor.objects.filter(store=failing).update(due_at=timezone.now() + timedelta(hours=1))
    page = log_in(open_page())
    page.goto(f"/admin/stores/store/{failing.pk}/change/")
    page.get_by_role("button", name="Pull now").click()
    page.get_by_role("heading", name="Pull 1 store now?").wait_for()
    page.get_by_role("button", name="Pull now").click()
    page.get_by_text("Pulling now: Acme").wait_for()
    assert PullCursor.objects.get(store=failing).due_at <= timezone.now()
    picture(page, "pull-now")


def test_an_order_is_found_by_its_number_and_shows_what_miva_sent_beside_what_stone_edge_gets(
    shop, neighbours, open_page, log_in, picture
):
    order = Order.objects.filter(store=shop).first()
    page = log_in(open_page())
    page.get_by_role("navigation").get_by_role("link", name="Orders").click()
    picture(page, "orders")
    page.get_by_role("search").get_by_role("textbox").fill(str(order.miva_id))
    page.get_by_role("search").get_by_role("textbox").press("Enter")
    page.get_by_role("link", name=str(order.miva_id), exact=True).click()
    raw, xml = page.locator("#raw-order"), page.locator("#given-xml, #order-xml")
    expect(xml).to_contain_text(f"<OrderNumber>{order.miva_id}</OrderNumber>")
    page.wait_for_load_state("load")
    assert json.loads(raw.inner_text())["id"] == order.miva_id
    left, right = raw.bounding_box(), xml.bounding_box()
    assert left["x"] + left["width"] <= right["x"]
    assert abs(left["y"] - right["y"]) < 60
    picture(page, "order")


def test_the_filters_are_reached_and_left_by_keyboard(shop, neighbours, open_page, log_in, picture):
    page = log_in(open_page())
    page.goto("/admin/orders/order/")
    page.get_by_role("button", name="Filters").press("Enter")
    choice = page.get_by_label("By store")
    choice.wait_for()
    picture(page, "filters")
    choice.select_option(label="Bolt & Nut · Bolt")
    page.locator("form.c2c-choice", has=choice).get_by_role("button", name="Show").press("Enter")
    page.get_by_role("button", name="Filters (on)").press("Enter")
    expect(page.get_by_label("By store")).to_have_value(str(neighbours.pk))
    page.keyboard.press("Escape")
    page.locator("#changelist-filter").wait_for(state="hidden")
    expect(page.locator("#result_list tbody")).to_have_count(2)


def test_a_held_order_says_why_and_can_be_tried_again(shop, neighbours, open_page, log_in, picture):
    held = Order.objects.get(state="held")
    page = log_in(open_page())
    page.goto(f"/admin/orders/order/{held.pk}/change/")
    expect(page.get_by_role("region", name="Where the order is")).to_contain_text(held.reason)
    picture(page, "order-held")
    page.get_by_role("link", name="Try again…").click()
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("still held").first.wait_for()


def test_a_password_is_issued_and_shown_once_with_what_to_enter_where(shop, open_page, log_in, picture):
    page = log_in(open_page())
    page.goto(f"/admin/stores/store/{shop.pk}/change/")
    page.get_by_role("link", name="Issue new Stone Edge password").click()
    picture(page, "password-question")
    page.get_by_role("button", name="Issue password").click()
    password = page.locator("#issued-password").inner_text()
    assert matches(password, Desktop.objects.get(store=shop).password_hash)
    picture(page, "password-issued")
    page.reload()
    assert password not in page.content()
    assert "Nothing was issued" in page.content()
    assert matches(password, Desktop.objects.get(store=shop).password_hash)


@pytest.mark.parametrize(("scheme", "screen"), [("light", "desktop"), ("dark", "phone")])
def test_nothing_serious_stands_between_the_pages_and_who_cannot_see_them(
    failing, neighbours, open_page, log_in, picture, scheme, screen
):
    page = log_in(open_page(scheme, screen))
    changed = Order.objects.get(changed_at__isnull=False)
    pages = {
        "overview": "/admin/",
        "stores": "/admin/stores/store/",
        "store": f"/admin/stores/store/{failing.pk}/change/",
        "orders": "/admin/orders/order/",
        "order": f"/admin/orders/order/{changed.pk}/change/",
        "order-held": f"/admin/orders/order/{Order.objects.get(state='held').pk}/change/",
        "conversations": "/admin/stores/exchange/",
        "password-question": f"/admin/stores/store/{Store.objects.get(slug='bolt').pk}/password/",
    }
    assert problems_of(page, pages, picture, f"{scheme}-{screen}") == []
