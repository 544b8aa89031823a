"""A merchant on the telephone: "order 200143 is missing". The palette, the missing page, Miva's answer, the order, its journey."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import expect

from orders import serve
from orders.models import Backfill, Enquiry, Order
from orders.pull import pull
from orders.tasks import answer_enquiry, run_backfill
from stores.models import PullCursor
from stores.sandbox import SandboxStore
from stores.sandbox import serve as serve_sandbox
from tests.browser.handbook import handbook_picture
from tests.browser.looking import PASSWORD, problems_of
from tests.factories import make_desktop, make_merchant, make_store, store_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MISSING = 200143


@pytest.fixture(autouse=True)
def _sandbox_is_allowed(settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True


@pytest.fixture
def shop():
    """A store with five orders here and one more in Miva, which is not in its queue."""
    sandbox = SandboxStore(seed=3, skipped_share=0.0)
    sandbox.use_acknowledgement()
    for number in range(200138, MISSING):
        placed(sandbox, number)
    with serve_sandbox(sandbox) as server:
        store = store_of(
            sandbox, server, merchant=make_merchant(name="Acme Tools"), name="Main shop", slug="acme"
        )
        pull(store)
        placed(sandbox, MISSING)
        sandbox.take_from_queues(sandbox.orders[MISSING])
        make_store(merchant=make_merchant(name="Bolt & Nut"), name="Bolt", slug="bolt")
        PullCursor.objects.update(due_at=timezone.now() + timedelta(hours=1))
        yield store


def placed(sandbox: SandboxStore, number: int) -> None:
    if not sandbox.place_order(id=number)["payments"]:
        sandbox.record_payment(number)


def test_order_200143_is_missing(shop, open_page, log_in, picture):
    page = log_in(open_page())
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Type to search").press_sequentially(str(MISSING))
    line = page.locator("#command-results-list").get_by_text("is not in the store that you mean?")
    line.wait_for()
    picture(page, "palette-missing")
    line.click()
    page.get_by_role("link", name="Acme Tools · Main shop").click()
    page.get_by_text(f"The portal has no order {MISSING}").wait_for()
    picture(page, "missing")
    page.get_by_role("button", name="Ask Miva").click()
    page.locator("[data-answer=asking]").wait_for()
    picture(page, "missing-asking")
    answer_enquiry(Enquiry.objects.get().pk)
    page.locator("[data-answer=exists]").wait_for()
    expect(page.locator("#missing-answer")).to_contain_text("not in the queue 'new_and_updated'")
    picture(page, "missing-exists")
    handbook_picture(page, "missing-order")
    page.get_by_role("button", name="Fetch it").click()
    page.get_by_text("as soon as it is here").wait_for()
    picture(page, "missing-fetching")
    run_backfill(Backfill.objects.get().pk)
    page.get_by_text(f"Order {MISSING} is here.").wait_for()
    journey = page.get_by_role("table").filter(has_text="What happened")
    expect(journey).to_contain_text("came by a backfill")
    picture(page, "journey-fetched")
    handbook_picture(page, "journey")


def test_an_order_is_found_by_keyboard_alone_in_the_palette(shop, open_page, log_in, picture):
    page = log_in(open_page())
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Type to search").press_sequentially("200139")
    page.locator("#command-results-list").get_by_text("Acme Tools · Main shop").first.wait_for()
    picture(page, "palette")
    handbook_picture(page, "palette")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Journey").wait_for()
    assert page.url.endswith(f"/{Order.objects.get(miva_id=200139).pk}/change/")


def test_everything_works_without_scripts(shop, open_page, live_server, client):
    client.force_login(User.objects.create_superuser("other", "other@example.com", PASSWORD))
    page = open_page(scripts=False)
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page.goto("/admin/search/")
    page.get_by_label("Order number, e-mail").fill("200139")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="200139", exact=True).click()
    expect(page.get_by_role("heading", name="Journey")).to_have_count(1)
    page.goto(f"/admin/orders/order/missing/?number={MISSING}&store={shop.pk}")
    page.get_by_role("button", name="Ask Miva").click()
    answer_enquiry(Enquiry.objects.get().pk)
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("button", name="Fetch it")).to_have_count(1)


@pytest.mark.parametrize(("scheme", "screen"), [("light", "desktop"), ("dark", "phone")])
def test_nothing_serious_stands_between_these_pages_and_who_cannot_see_them(
    shop, open_page, log_in, picture, scheme, screen
):
    order = Order.objects.get(miva_id=200139)
    till, _ = make_desktop(shop, username="till-1")
    serve.note_download(till, [order])
    common = {"store": shop, "state": "done", "finished_at": timezone.now()}
    Enquiry.objects.create(
        number=MISSING, answer="exists", placed_at=timezone.now(), in_queue=False, queue_code="new_and_updated", **common
    )  # fmt: skip
    Enquiry.objects.create(number=1, answer="passed", next_number=200138, **common)
    Enquiry.objects.create(
        number=2, answer="unreached", problem="Miva did not answer.", remedy="Later.", **common
    )
    pages = {
        "search-empty": "/admin/search/",
        "search": "/admin/search/?q=200139",
        "search-name": "/admin/search/?q=acme",
        "search-nothing": "/admin/search/?q=99999999",
        "missing-choice": f"/admin/orders/order/missing/?number={MISSING}",
        "missing-exists": f"/admin/orders/order/missing/?number={MISSING}&store={shop.pk}",
        "missing-passed": f"/admin/orders/order/missing/?number=1&store={shop.pk}",
        "missing-unreached": f"/admin/orders/order/missing/?number=2&store={shop.pk}",
        "journey": f"/admin/orders/order/{order.pk}/change/",
    }
    page = log_in(open_page(scheme, screen))
    assert problems_of(page, pages, picture, f"{scheme}-{screen}") == []
