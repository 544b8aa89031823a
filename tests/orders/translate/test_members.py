"""Reading members of any type: a clear meaning, a default, or a sentence (Miva §1)."""

from decimal import Decimal

import pytest

from orders.translate import members
from orders.translate.errors import Unreadable


@pytest.mark.parametrize("value", [5, "5", " 5 ", "5.00", "+5.", Decimal("5.0"), 5.0])
def test_a_number_is_read_in_any_of_its_forms(value):
    assert members.amount({"price": value}, "price") == Decimal(5)


@pytest.mark.parametrize("value", ["", "  ", None])
def test_a_blank_number_is_absent(value):
    assert members.optional_amount({"price": value}, "price") is None


@pytest.mark.parametrize("value", ["", None])
def test_a_blank_number_that_is_needed_is_missing(value):
    with pytest.raises(Unreadable, match="price is missing; a number is needed"):
        members.amount({"price": value}, "price")


@pytest.mark.parametrize(
    "value",
    [
        True,
        [],
        {"a": 1},
        "$5",
        "1,000.00",
        "1e9",
        "NaN",
        "٣",
        Decimal("sNaN"),
        float("inf"),
        Decimal("1E+12"),
        1e12,
        10**12,
        "9" * 21,
    ],
)
def test_what_has_no_clear_meaning_as_a_number_is_unreadable(value):
    with pytest.raises(Unreadable, match="price holds "):
        members.amount({"price": value}, "price")


def test_a_number_below_what_miva_keeps_is_zero_so_that_no_text_grows_without_end():
    assert str(members.amount({"weight": Decimal("1E-1000000")}, "weight")) == "0.00"


def test_a_number_keeps_at_most_28_digits():
    assert len(str(members.amount({"weight": Decimal("0." + "1" * 1000)}, "weight"))) == 30


@pytest.mark.parametrize(
    ("value", "is_on"), [(True, True), (1, True), ("Yes", True), ("0", False), ("", False), (None, None)]
)
def test_a_flag_is_read_in_any_of_its_spellings(value, is_on):
    assert members.flag({"taxable": value}, "taxable") is is_on


@pytest.mark.parametrize("value", [None, [], {}, ""])
def test_an_absent_or_empty_list_has_no_rows(value):
    assert members.rows({"items": value}, "items") == []


@pytest.mark.parametrize(
    ("value", "words"),
    [("  Ana ", "Ana"), (7, "7"), (Decimal("2.50"), "2.5"), (True, ""), ([1], ""), (Decimal("1E+3"), "1000")],
)
def test_only_text_and_numbers_are_text(value, words):
    assert members.text({"name": value}, "name") == words
