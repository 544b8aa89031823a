"""The page with the description of the REST API in a real browser: all of it, from nobody else, and good for a first call."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.api.conftest import kept, program
from tests.api.description import operations
from tests.browser.looking import too_wide
from tests.factories import make_store

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGE = "/api/v1/docs/"
LISTEN = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@pytest.fixture
def opened(open_page, live_server) -> Callable[..., tuple[Page, list[str]]]:
    """Return a function that opens the page; gives it with what it must not have: words in the console, questions to others."""

    def open_it(**kind: str) -> tuple[Page, list[str]]:
        page, wrong = open_page(**kind), []
        page.on("console", lambda message: wrong.append(f"{message.type}: {message.text}"))
        page.on(
            "request",
            lambda request: wrong.append(request.url) if is_elsewhere(request.url, live_server.url) else None,
        )
        page.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
        page.add_init_script(LISTEN)
        page.goto(PAGE)
        expect(page.locator(".opblock")).to_have_count(len(list(operations())))
        return page, wrong

    return open_it


def is_elsewhere(url: str, ours: str) -> bool:
    """Whether an address is another server's."""
    parts = urlsplit(url)
    return parts.scheme != "data" and f"{parts.scheme}://{parts.netloc}" != ours


@pytest.mark.parametrize(("scheme", "screen"), [("light", "desktop"), ("dark", "phone")])
def test_every_operation_is_shown_and_nobody_else_is_asked(opened, picture, scheme, screen):
    page, wrong = opened(scheme=scheme, screen=screen)
    shown = page.locator(".opblock-summary-path").evaluate_all("all => all.map(each => each.dataset.path)")
    assert sorted(shown) == sorted(path for path, _, _ in operations())
    picture(page, f"api-{scheme}-{screen}", whole=False)
    page.locator("#operations-orders-stores_orders_list .opblock-summary").click()
    expect(page.get_by_text("export_number_after")).to_be_visible()
    page.locator("#operations-orders-stores_orders_list").scroll_into_view_if_needed()
    picture(page, f"api-operation-{scheme}-{screen}", whole=False)
    assert wrong + page.evaluate("window.violations") + too_wide(page) == []


def test_a_first_call_is_made_from_the_page(opened, picture):
    store = make_store(slug="acme-web")
    kept(store, 2)
    page, wrong = opened()
    page.get_by_role("button", name="Authorize").click()
    page.locator(".auth-container input").fill(program(store).secret)
    page.locator(".auth-btn-wrapper .authorize").click()
    page.locator(".auth-btn-wrapper .btn-done").click()
    page.locator("#operations-orders-stores_orders_list .opblock-summary").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_placeholder("store").fill("acme-web")
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table tbody .response-col_status").first).to_have_text("200")
    expect(page.locator(".live-responses-table")).to_contain_text('"number": 10001')
    picture(page, "api-answer", whole=False)
    assert wrong + page.evaluate("window.violations") == []
