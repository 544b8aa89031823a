"""The first page and a store's page in a real browser: they say what is wrong, go on by themselves, and are for everybody."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import expect

from config.history import record
from fulfillment.models import Shipment, StatusMeaning
from orders.models import CustomField, Download, Order, PaymentMapping, UnmappedPayment
from stores.models import Exchange, PullCursor, ServiceHour
from tests.browser.handbook import handbook_picture
from tests.browser.looking import problems_of
from tests.factories import make_desktop, make_merchant, make_store
from tests.parcels import make_order
from tests.status.conftest import make_member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

REASON = "Miva refused the access: the token is unknown."


@pytest.fixture
def store():
    """A store that is well but for a parked shipment, with a day behind it."""
    now = timezone.now()
    store = make_store(merchant=make_merchant(name="Acme Tools", contact_name="Ann"), name="Acme")
    desktop, _ = make_desktop(store, last_seen_at=now - timedelta(minutes=4), client_version="7.732")
    PullCursor.objects.filter(store=store).update(last_good_at=now, last_tried_at=now, good_runs=96)
    for place in (1, 2, 3):
        order = make_order(store)
        numbered_at = now - timedelta(hours=9 - place)
        Order.objects.filter(pk=order.pk).update(export_number=place, numbered_at=numbered_at)
    Download.objects.create(store=store, desktop=desktop, first_number=1, last_number=1, count=1)
    Shipment.objects.create(store=store, order=order, parked_at=now, problem="There is no such order.")
    Exchange.objects.create(
        store=store, direction="miva", function="OrderList_Load_Query", milliseconds=812, outcome="ok"
    )
    PaymentMapping.objects.create(store=store, module="acmepay", element="CreditCard")
    UnmappedPayment.objects.create(
        store=store, module="zippay", description="Zip, pay later", count=12, order_number=order.miva_id
    )
    CustomField.objects.create(
        store=store, module="customfields", code="po_number", name="Purchase order", seen_at=now
    )
    StatusMeaning.objects.create(store=store, label="Gone out", meaning="shipped")
    make_member(store.merchant, "olga@acme.example")
    record(now)
    hour = now.replace(minute=0, second=0, microsecond=0)
    for ago in range(1, 20):
        ServiceHour.objects.create(
            service="orders_from_miva",
            hour=hour - timedelta(hours=ago),
            good_runs=40 + 7 * (ago % 4),
            bad_runs=ago % 5 == 0,
            carried=ago * 13 % 29,
        )
    return store


@pytest.fixture
def failing():
    """Another store, which failed."""
    store = make_store(merchant=make_merchant(name="Bolt & Nut"), name="Bolt")
    PullCursor.objects.filter(store=store).update(
        problem=REASON, remedy="Enter the token again.", problem_kind="locked", failures=3
    )
    return store


def test_a_figure_leads_to_its_list_and_a_store_to_its_page_and_tabs(
    store, failing, open_page, log_in, picture
):
    page = log_in(open_page())
    picture(page, "judging-overview")
    handbook_picture(page, "overview")
    page.get_by_role("link", name=re.compile("Orders waiting for Stone Edge: 2")).click()
    assert page.locator("#result_list tbody").first.inner_text()
    page.go_back()
    page.get_by_role("link", name="Acme Tools · Acme").click()
    strip = page.get_by_role("region", name="Health")
    for words in ("Orders from Miva", "Orders to Stone Edge", "Tracking to Miva", "Stock to Miva"):
        strip.get_by_role("heading", name=words).wait_for()
    expect(strip).to_contain_text("Working, some set aside")
    picture(page, "judging-store")
    handbook_picture(page, "store")
    for tab, words in (("Activity", "OrderList_Load_Query"), ("People", "7.732"), ("Mappings", "Unmapped")):
        page.get_by_role("navigation", name="This store").get_by_role("link", name=tab).click()
        page.get_by_text(words).first.wait_for()
        picture(page, f"judging-store-{tab.lower()}")
        handbook_picture(page, f"store-{tab.lower()}")


def test_the_page_tells_what_has_changed_without_being_loaded_again(store, open_page, log_in):
    page = log_in(open_page())
    page.evaluate("window.stillHere = true")
    assert REASON not in page.content()
    PullCursor.objects.filter(store=store).update(problem=REASON, problem_kind="locked")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as when the tab is shown again
    page.get_by_text(REASON).wait_for()
    assert page.evaluate("window.stillHere")


def test_a_paused_page_stays_as_it_is(store, open_page, log_in):
    page = log_in(open_page())
    button = page.get_by_role("button", name="Pause")
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(500)
    assert not asked
    with page.expect_request("**/admin/overview/"):
        page.keyboard.press("Enter")


def test_nothing_is_taken_from_under_the_keyboard(store, open_page, log_in):
    page = log_in(open_page())
    page.get_by_role("link", name=re.compile("Orders held")).focus()
    PullCursor.objects.filter(store=store).update(problem=REASON, problem_kind="locked")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(500)
    focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused.startswith("Orders held")
    assert REASON not in page.content()


def test_the_page_works_without_scripts(store, failing, open_page, client, live_server):
    client.force_login(User.objects.create_superuser("support"))
    page = open_page(scripts=False)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.goto("/admin/")
    page.get_by_text(REASON).wait_for()
    assert not page.get_by_role("button", name="Pause").is_visible()


def test_every_figure_is_reached_by_the_keyboard_and_seen_when_it_is(store, open_page, log_in):
    page = log_in(open_page())
    page.get_by_role("button", name="Pause").focus()
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))
        box = page.evaluate(
            "(({width, height}) => [width, height])(document.activeElement.getBoundingClientRect())"
        )
        assert min(box) >= 24, reached[-1]
    assert [name.split(":")[0] for name in reached[:4]] == [
        "Stores that need attention",
        "Orders waiting for Stone Edge",
        "Orders held",
        "Shipments waiting for Miva",
    ]


@pytest.mark.parametrize(("scheme", "screen"), [("light", "desktop"), ("dark", "phone")])
def test_axe_finds_nothing_and_no_page_is_wider_than_the_screen(
    store, failing, open_page, log_in, picture, scheme, screen
):
    page = log_in(open_page(scheme=scheme, screen=screen))
    pages = {
        "judging-overview": "/admin/",
        "judging-store": f"/admin/stores/store/{store.pk}/change/",
        "judging-activity": f"/admin/stores/store/{store.pk}/activity/",
        "judging-people": f"/admin/stores/store/{store.pk}/people/",
        "judging-mappings": f"/admin/stores/store/{store.pk}/mappings/",
    }
    assert problems_of(page, pages, picture, f"{scheme}-{screen}") == []
