"""The page about the translation names proofs that exist, and leaves none of the golden orders out."""

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = (HERE.parents[2] / "docs" / "translation.md").read_text(encoding="utf-8")
GOLDEN = {file.stem for file in (HERE / "golden").glob("*.json")}


def named():
    """The golden orders in the last column of the tables; `-sku` goes on from the name before it."""
    found = set()
    for row in PAGE.splitlines():
        last = ""
        for name in re.findall(r"`([a-z*-]+)`", row.rpartition("golden")[2] if "golden `" in row else ""):
            last = last.rpartition("-")[0] + name if name.startswith("-") else name
            found.add(last)
    return found - {"sample-*"}


def test_every_golden_order_that_the_page_names_exists_and_every_one_is_named():
    assert named() == {name for name in GOLDEN if not name.startswith("sample-")}


def test_every_test_that_the_page_names_exists():
    tests = "".join(file.read_text(encoding="utf-8") for file in HERE.glob("test_*.py"))
    for name in re.findall(r"`(test_[a-z_]+)`", PAGE):
        assert f"def {name}(" in tests
    for name in re.findall(r"`(test_[a-z_]+\.py)`", PAGE):
        assert (HERE / name).exists()
