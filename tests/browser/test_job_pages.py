"""Ranges fetched again, comparisons, decisions about orders and webhook addresses, in a real browser."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from orders.keep import keep
from orders.models import Backfill, Order, Reconciliation
from orders.pull import pull
from orders.tasks import run_backfill, run_reconciliation
from stores.models import PullCursor, Store
from stores.sandbox import SandboxStore
from stores.sandbox import serve as serve_sandbox
from stores.webhooks import issue, live, webhook_url
from tests.browser.looking import problems_of
from tests.factories import make_merchant, raw_orders, store_of, without_lines

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _sandbox_is_allowed(settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True


@pytest.fixture
def sandbox():
    return SandboxStore(seed=4, orders=30)


@pytest.fixture
def shop(sandbox):
    """The row of a sandbox store with thirty orders, of which none was pulled and whose next pull is an hour away."""
    with serve_sandbox(sandbox) as server:
        store = store_of(
            sandbox,
            server,
            merchant=make_merchant(name="Acme Tools"),
            name="Acme",
            slug="acme",
            page_size=10,
            strategy=Store.Strategy.DATE,
        )
        PullCursor.objects.filter(store=store).update(due_at=timezone.now() + timedelta(hours=1))
        yield store


@pytest.fixture
def held(shop):
    """An order of the store that cannot be translated."""
    keep(shop, [without_lines(raw_orders(1, seed=9)[0])], fetched_at=timezone.now(), road="queue_ack")
    return Order.objects.get(state="held")


def store_page(page, store) -> None:
    page.goto(f"/admin/stores/store/{store.pk}/change/")


def test_a_range_is_fetched_from_the_form_to_the_end_with_its_progress(shop, open_page, log_in, picture):
    page = log_in(open_page())
    store_page(page, shop)
    page.get_by_role("link", name="Fetch a range again").click()
    page.get_by_label("First day").fill("2020-01-01")
    picture(page, "backfill-form")
    page.get_by_role("button", name="How many are there?").click()
    page.get_by_text("about 30 orders").wait_for()
    picture(page, "backfill-estimate")
    page.get_by_role("button", name="Start").click()
    page.locator("#backfill-progress [data-state]").wait_for()
    row = Backfill.objects.get()
    Backfill.objects.update(fetched=10, new=10, seconds=0.5, state="running")
    page.get_by_text("10 of about 30 orders.").wait_for()
    assert page.get_by_role("progressbar").get_attribute("value") == "33"
    picture(page, "backfill-progress")
    Backfill.objects.update(fetched=0, new=0, seconds=0, state="waiting")
    finish(run_backfill, row)
    page.get_by_text("Done", exact=False).first.wait_for()
    page.locator("#backfill-progress [data-state=done]").wait_for()
    assert page.get_by_role("progressbar").get_attribute("value") == "100"
    assert page.get_by_role("button", name="Pause").count() == 0
    picture(page, "backfill-done")
    assert Order.objects.of(shop).count() == 30


def finish(task, row) -> None:
    """Do the slices of a job as a worker would, until it is done."""
    ends = time.monotonic() + 120
    while row.state != "done" and time.monotonic() < ends:
        task(row.pk)
        row.refresh_from_db()
    assert row.state == "done", row.problem


def test_a_backfill_is_paused_goes_on_and_is_cancelled_by_its_buttons(shop, open_page, log_in):
    page = log_in(open_page())
    page.goto(f"/admin/orders/backfill/new/{shop.pk}/")
    page.get_by_label("By order number").check()
    page.get_by_label("First number").fill("1")
    page.get_by_role("button", name="How many are there?").click()
    page.get_by_role("button", name="Start").click()
    for words, state in (("Pause", "paused"), ("Go on", "waiting"), ("Cancel for good", "cancelled")):
        page.get_by_role("link", name=words, exact=True).click()
        page.get_by_role("button", name=words, exact=True).click()
        page.locator(f"#backfill-progress [data-state={state}]").wait_for()
        assert Backfill.objects.get().state == state


def test_a_store_is_compared_by_a_button_and_the_page_names_what_was_missing(
    shop, sandbox, open_page, log_in, picture
):
    pull(shop)
    lost = Order.objects.of(shop).order_by("-miva_id").first()
    Order.objects.filter(pk=lost.pk).delete()
    page = log_in(open_page())
    store_page(page, shop)
    page.get_by_role("button", name="Compare now").click()
    page.get_by_role("heading", name=re.compile("the last 3 days")).wait_for()
    finish(run_reconciliation, Reconciliation.objects.get())
    page.get_by_role("link", name="Refresh").click()
    page.get_by_text("orders were compared").wait_for()
    picture(page, "comparison")


def test_a_held_order_is_ignored_with_a_reason_and_released_again(held, open_page, log_in, picture):
    page = log_in(open_page())
    page.goto(f"/admin/orders/order/{held.pk}/change/")
    page.get_by_role("link", name="Ignore…").click()
    picture(page, "order-ignore")
    page.get_by_label("Reason").fill("A test order of the merchant's")
    page.get_by_role("button", name="Ignore").click()
    page.get_by_text("1 order is ignored.").wait_for()
    where = page.get_by_role("region", name="Where the order is")
    expect(where).to_contain_text("A test order of the merchant's")
    picture(page, "order-ignored")
    page.get_by_role("link", name="Release…").click()
    page.get_by_role("button", name="Release").click()
    page.get_by_text("still held").first.wait_for()
    held.refresh_from_db()
    assert held.state == "held"


def test_several_held_orders_are_ignored_from_the_list(held, open_page, log_in):
    page = log_in(open_page())
    page.goto("/admin/orders/order/?state__exact=held")
    page.locator("#result_list .action-select").first.check()
    page.locator("select[name=action]").select_option(label="Ignore…")
    page.get_by_role("button", name="Run", exact=False).click()
    page.get_by_label("Reason").fill("Training")
    page.get_by_role("button", name="Ignore").click()
    page.get_by_text("1 order is ignored.").wait_for()
    assert Order.objects.get(pk=held.pk).reason == "Ignored: Training"


def test_the_webhook_address_is_shown_replaced_and_the_older_one_retired(shop, open_page, log_in, picture):
    first = issue(shop)
    page = log_in(open_page())
    store_page(page, shop)
    page.get_by_role("link", name="Webhook address").click()
    show = page.get_by_role("button", name="Show the address")
    show.wait_for()
    page.wait_for_load_state("load")
    assert first.secret not in page.content()
    show.click()
    page.get_by_text(webhook_url(first), exact=True).wait_for()
    page.get_by_role("button", name="Issue another").click()
    page.get_by_text("A new address was issued.").wait_for()
    picture(page, "webhook")
    page.get_by_role("button", name="Retire the older one…").click()
    picture(page, "webhook-retire")
    page.get_by_role("button", name="Retire").click()
    page.get_by_text("The older address answers 404").wait_for()
    assert first not in live(shop)
    assert live(shop).count() == 1


@pytest.mark.parametrize(("scheme", "screen"), [("light", "desktop"), ("dark", "phone")])
def test_nothing_serious_stands_between_these_pages_and_who_cannot_see_them(
    shop, held, open_page, log_in, picture, scheme, screen
):
    issue(shop)
    row = Backfill.objects.create(
        store=shop, kind="numbers", first_number=1, last_number=900, estimated=800, fetched=200, seconds=10,
        state="running", problem="Miva did not answer in time.", remedy="It is tried again in a minute.",
    )  # fmt: skip
    found = Reconciliation.objects.create(
        store=shop, state="done", planned=True, compared=900, missing=[held.miva_id, 1002], missing_count=700, imported=700,
        extra=[1005], extra_count=1, different=[1007], different_count=1, until=timezone.now(), finished_at=timezone.now(),
    )  # fmt: skip
    pages = {
        "overview-jobs": "/admin/",
        "store-jobs": f"/admin/stores/store/{shop.pk}/change/",
        "webhook": f"/admin/stores/store/{shop.pk}/webhook/",
        "backfills": "/admin/orders/backfill/",
        "backfill": f"/admin/orders/backfill/{row.pk}/change/",
        "backfill-form": f"/admin/orders/backfill/new/{shop.pk}/",
        "backfill-decision": f"/admin/orders/backfill/{row.pk}/pause/",
        "comparisons": f"/admin/orders/reconciliation/?store={shop.pk}",
        "comparison": f"/admin/orders/reconciliation/{found.pk}/change/",
        "order-ignore": f"/admin/orders/order/{held.pk}/ignore/",
    }
    page = log_in(open_page(scheme, screen))
    assert problems_of(page, pages, picture, f"{scheme}-{screen}") == []
