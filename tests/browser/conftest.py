"""A real Chromium in front of the real pages; every page that is looked at leaves a picture in var/screenshots/."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.looking import PASSWORD
from tests.browsers import PACKAGE, installed

CHROMIUM = os.environ.get("CHROME_BIN") or installed()
PICTURES = Path(__file__).parents[2] / "var" / "screenshots"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE = 60_000  # milliseconds
SCREENS = {"desktop": {"width": 1360, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, or a skip that says what is missing."""
    if not CHROMIUM or not Path(CHROMIUM).exists():
        pytest.skip(
            f"there is no browser{f' at {CHROMIUM}' if CHROMIUM else ''}: install {PACKAGE} or set CHROME_BIN"
        )
    # Playwright's loop runs in this thread, and Django would take every query of a test for one from inside a coroutine.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_page(browser: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a fresh page: `scheme` light or dark, `screen` desktop or phone, `scripts` on or off."""
    contexts = []

    def opened(scheme: str = "light", screen: str = "desktop", scripts: bool = True) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            color_scheme=scheme,
            viewport=SCREENS[screen],
            java_script_enabled=scripts,
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"a script of the page failed: {error}"))
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def picture() -> Callable[..., None]:
    """Return a function that keeps a picture of the page, or with `whole` off of what the screen shows of it."""
    PICTURES.mkdir(parents=True, exist_ok=True)

    def taken(page: Page, name: str, whole: bool = True) -> None:
        page.wait_for_load_state("load")
        page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)

    return taken


@pytest.fixture
def log_in(live_server) -> Callable[[Page], Page]:
    """Return a function that gives a page the session of somebody who may do everything, and shows the overview."""
    support = User.objects.create_superuser("support", "support@example.com", PASSWORD)

    def logged_in(page: Page) -> Page:
        client = Client()
        client.force_login(support)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )
        page.goto("/admin/")
        page.get_by_role("heading", name="Needs attention").wait_for()
        page.wait_for_load_state("load")  # what is typed before htmx listens is heard by nobody
        return page

    return logged_in
