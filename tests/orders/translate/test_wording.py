"""ASCII, line breaks, and the full text of what the receiver cuts (SETI §1.4, §3.1)."""

import pytest

from orders.translate import Rules, translate
from orders.translate.wording import ascii_text
from tests.orders.translate.orders_of_miva import address, item, note, option, order


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("plain & simple <b>", "plain & simple <b>"),
        ("Größe", "Grosse"),
        ("caf&eacute;", "cafe"),
        ("UPS® Ground™", "UPS(R) GroundTM"),
        ("«Zoë» ‹x›", "\"Zoe\" 'x'"),
        ("＜b＞ ＆amp;", "(b) +amp;"),
        ("中文", "ZhongWen"),
        ("one\ntwo – three", "one\ntwo - three"),
        ("one\x85two\u2028three", "one\x85two\u2028three"),  # line ends are left to rendering
    ],
)
def test_text_is_written_in_ascii(text, sent):
    assert ascii_text(text) == sent


def test_no_transliteration_can_make_markup():
    everything = "".join(chr(code) for code in range(128, 0x3000))
    assert not {"<", ">", "&"} & set(ascii_text(everything))


def test_ascii_only_reaches_every_text_of_the_order():
    raw = order(
        items=[item(name="Größe", options=[option(opt_prompt="Grün")])],
        notes=[note("Zoë war da")],
        CustomField_Values={"customfields": {"motto": "Überprüft"}},
        **address("ship", city="Köln"),
    )
    sent = translate(raw, Rules(ascii_only=True)).order
    assert (sent.products[0].name, sent.products[0].options[0].selected) == ("Grosse", "Grun")
    assert (sent.shipping.address.city, sent.other.comments) == ("Koln", "Zoe war da")
    assert sent.custom_fields[0].value == "Uberpruft"


def test_skus_and_codes_stay_as_miva_has_them():
    raw = order(items=[item(code="größe", sku="GRÖSSE", options=[option(opt_code="grün")])])
    for identifier, sku in (("code", "größe"), ("sku", "GRÖSSE")):
        sent = translate(raw, Rules(ascii_only=True, identifier=identifier)).order.products[0]
        assert (sent.sku, sent.options[0].code) == (sku, "grün")


def test_texts_are_sent_as_they_are_unless_the_store_wants_ascii():
    assert translate(order(notes=[note("Zoë 😀")]), Rules()).order.other.comments == "Zoë 😀"


def test_an_address_beyond_the_limit_is_in_the_comments_in_full_and_once():
    street = "c/o the keeper of the third lighthouse " * 8
    raw = order(**address("ship", addr1=street), **address("bill"))
    assert translate(raw, Rules()).order.other.comments == f"Shipping street: {street.strip()}"


def test_a_code_of_an_option_beyond_the_limit_is_in_the_comments_in_full():
    raw = order(items=[item(options=[option(opt_code="c" * 256)])])
    assert translate(raw, Rules()).order.other.comments == f"Option code of mug: {'c' * 256}"


def test_a_text_of_exactly_the_limit_needs_no_comment():
    raw = order(items=[item(name="x" * 255)])
    assert translate(raw, Rules()).order.other.comments == ""


def test_what_only_entities_make_longer_needs_no_comment():
    raw = order(items=[item(name="&amp;" * 200)])
    assert translate(raw, Rules()).order.other.comments == ""
