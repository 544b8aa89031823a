"""What every look at the console's pages has in common: who looks, and what must not be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

PASSWORD = "correct-horse-battery"


def serious(page: Page) -> list[str]:
    """Return axe's serious and critical findings, each with the place."""
    page.wait_for_load_state("load")
    results = Axe().run(page).response["violations"]
    return [
        f"{violation['id']} ({violation['impact']}) at {node['html'][:160]}"
        for violation in results
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


def too_wide(page: Page) -> list[str]:
    """Return how far the page is wider than the screen, in words; nothing when it fits."""
    page.wait_for_load_state("load")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{wide} pixels wider than the screen"] if wide > 0 else []


def problems_of(
    page: Page, pages: Mapping[str, str], picture: Callable[[Page, str], None], kind: str
) -> list[str]:
    """Open each address, keep a picture of it (`kind`: such as light-phone), and return what is wrong with which."""
    problems = []
    for name, address in pages.items():
        page.goto(address)
        picture(page, f"{name}-{kind}")
        problems += [f"{name}: {problem}" for problem in serious(page) + too_wide(page)]
    return problems
