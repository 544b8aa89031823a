"""The page about the translation names proofs that exist, and leaves none of the golden orders out."""

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from orders.translate import CannotTranslate, Rules, translate
from stores.sandbox.generator import generate_orders
from tests.orders.translate.test_golden import rules_of

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]
PAGE = (REPOSITORY / "docs" / "translation.md").read_text(encoding="utf-8")
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
    tests = "".join(file.read_text(encoding="utf-8") for file in HERE.parents[1].rglob("test_*.py"))
    for name in re.findall(r"`(test_\w+)`", PAGE):
        assert f"def {name}(" in tests
    for name in re.findall(r"`(test_\w+\.py)`", PAGE):
        assert (HERE / name).exists()


def test_every_row_about_miva_has_a_proof():
    """The tables of three columns whose last one is called Proof."""
    rows, proofs = [], False
    for line in PAGE.splitlines():
        proofs = line.startswith("|") and (proofs or line.endswith("| Proof |"))
        if proofs and not line.endswith(("| Proof |", "|---|---|---|")):
            rows.append(line)
    assert len(rows) > 50
    for row in rows:
        assert re.search(r"`[\w*-]+(\.py)?`", row.rstrip(" |").rpartition(" | ")[2]), row


@pytest.mark.parametrize(
    "page",
    [*sorted((REPOSITORY / "docs").rglob("*.md")), REPOSITORY / "README.md"],
    ids=lambda page: page.name,
)
def test_every_file_of_tests_that_a_page_names_exists(page):
    for name in re.findall(r"`(tests/[\w/.]+)`", page.read_text(encoding="utf-8")):
        assert (REPOSITORY / name).exists(), name


class Watched(dict):
    """A group of members that notes which of them are asked for, under the names of the groups around it."""

    def __init__(self, members, path, asked):
        super().__init__(members)
        self.path, self.asked = path, asked

    def get(self, name, default=None):
        self.asked.add((self.path, name))
        return super().get(name, default)

    def __getitem__(self, name):
        self.asked.add((self.path, name))
        return super().__getitem__(name)

    def items(self):
        self.asked.update((self.path, name) for name in self)
        return super().items()


def watched(value, path, asked):
    if isinstance(value, dict):
        inside = {name: watched(below, (*path, name), asked) for name, below in value.items()}
        return Watched(inside, path, asked)
    return [watched(each, path, asked) for each in value] if isinstance(value, list) else value


def members(value, path=()):
    """Every member as its path and name."""
    if isinstance(value, list):
        for each in value:
            yield from members(each, path)
    elif isinstance(value, dict):
        for name, below in value.items():
            yield path, name
            yield from members(below, (*path, name))


def orders():
    """The golden orders and the sandbox's with their rules; whether Miva would send such an order with every member."""
    for file in (HERE / "golden").glob("*.json"):
        case = json.loads(file.read_text(encoding="utf-8"))
        yield case["order"], rules_of(case["rules"]), file.stem.startswith("sample-")
    for raw in generate_orders(1, 80, 1_800_000_000):
        yield raw, Rules(), True


def not_read():
    """The members that the translation asks for in none of the orders, without what is below them."""
    asked, known = set(), set()
    for raw, rules, is_whole in orders():
        if is_whole:
            known.update(members(raw))
        try:
            translate(watched(raw, (), asked), rules)
        except CannotTranslate:
            continue
    return {
        (path, name)
        for path, name in known - asked
        if all((path[:depth], path[depth]) in asked for depth in range(len(path)))
    }


def not_sent():
    """The patterns of the list "Not sent" as the group's name and the member's, "" for the order."""
    rows = re.findall(
        r"^\| ([^|]+) \| (`[^|]+) \| [^|]+ \|$", PAGE.partition("### Not sent")[2], re.MULTILINE
    )
    for of, names in rows:
        group = of.split()[0]
        for pattern in re.findall("`([^`]+)`", names):
            yield "" if group == "order" else group, pattern


def test_every_member_of_miva_that_is_not_read_is_named():
    unread = {(path[-1] if path else "", name) for path, name in not_read()}
    listed = set(not_sent())
    assert [
        each
        for each in sorted(unread)
        if not any(group in (each[0], "everything") and fnmatchcase(each[1], name) for group, name in listed)
    ] == []
    assert [
        each
        for each in sorted(listed)
        if not any(each[0] in (group, "everything") and fnmatchcase(name, each[1]) for group, name in unread)
    ] == []
