"""Card numbers that show only when a text is displayed are masked like those that stand there."""

import sys
import unicodedata

import pytest

from stores.miva.cards import mask_card_data
from stores.miva.disguises import revealed_message
from stores.miva.journal import response_text
from stores.miva.shapes import decode, encode

PARTED = ["4111", "1111", "1111", "1111"]
HIDDEN = [
    "&#45;", "&amp;#45;", "&amp;amp;#45;", "&nbsp;", "<br>", "<br/>", "&lt;br&gt;", "<b></b>", "\u200b",
    "\u00ad", "\u2060", "\x01", "\ufeff",
]  # fmt: skip


@pytest.mark.parametrize("between", HIDDEN)
def test_what_stands_between_the_groups_of_a_card_number_hides_it_from_nobody(between):
    masked = mask_card_data("pay with " + between.join(PARTED) + " please")
    assert "1111" in masked
    assert "4111" not in masked


def test_digits_of_every_other_script_are_digits():
    zeros = [
        chr(code) for code in range(128, sys.maxunicode + 1) if unicodedata.decimal(chr(code), None) == 0
    ]
    assert "\u0660" in zeros  # of Arabic
    for zero in zeros:
        text = "".join(chr(ord(zero) + int(digit)) for digit in "4111111111111111")
        assert mask_card_data(text) == "************1111"


def test_a_masked_code_beside_it_does_not_let_a_hidden_card_number_through():
    masked = mask_card_data("CVV: 123, old 5555&#45;5555&#45;5555&#45;4444")
    assert "123" not in masked
    assert "5555" not in masked


@pytest.mark.parametrize("words", ["cvv number is 123", "security code no is: 1234", "my CVC code value 123"])
def test_a_code_is_known_by_its_name_in_a_sentence(words):
    assert mask_card_data(words).endswith("***")


@pytest.mark.parametrize(
    "text",
    [
        "R&amp;D, O&#39;Connor <b>4 x 250</b>",
        "Größe 42 · 1234",
        "<a href='/p/4111'>1111 1111</a>",
        "a\u00adb 12345",
    ],
)
def test_a_text_without_card_data_stays_as_it_is(text):
    assert mask_card_data(text) == text


def test_an_escape_of_json_parts_no_card_number_in_a_message():
    masked = mask_card_data(r'{"note":"4111 1111\n1111\u00201111"', reveal=revealed_message)
    assert "4111" not in masked


def test_numbers_in_neighbouring_elements_are_not_read_as_one():
    message = "<LineID>411111</LineID><Quantity>1111111111</Quantity>"
    assert mask_card_data(message, reveal=revealed_message) == message


NOTE = "my card\n4111 1111\n1111 1111 CVV\t456"


@pytest.mark.parametrize("cut", [False, True])
def test_the_journal_keeps_no_card_number_with_a_line_end_in_it(cut):
    raw = encode({"success": 1, "data": {"total_count": 1, "data": [{"notes": [{"notetext": NOTE}]}]}})
    shown = response_text(None if cut else decode(raw), raw[:-4] if cut else raw, [])
    assert "my card" in shown
    assert "4111" not in shown
    assert "456" not in shown
