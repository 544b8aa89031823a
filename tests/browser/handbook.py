"""Pictures for the documentation: taken by the tests, written anew when REWRITE_PICTURES is set."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page

DOCS = Path(__file__).parents[2] / "docs"
IMAGES = DOCS / "handbook" / "images"
STATUS = DOCS / "status"
LARGEST = 150_000  # bytes


def handbook_picture(page: Page, name: str, folder: Path = IMAGES) -> None:
    """Keep a picture of the page for the handbook; without REWRITE_PICTURES the one that is there has to exist."""
    path = folder / f"{name}.jpeg"
    if os.environ.get("REWRITE_PICTURES"):
        folder.mkdir(parents=True, exist_ok=True)
        page.wait_for_load_state("load")
        page.screenshot(path=path, type="jpeg", quality=60)
    assert path.exists(), f"{path.name} is missing: run the browser tests with REWRITE_PICTURES=1"
    assert path.stat().st_size < LARGEST
