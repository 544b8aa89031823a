import copy
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stores.miva.redact import redact_order, redacted
from stores.miva.shapes import decode, encode
from stores.miva.suspicion import may_hold_card_data
from tests.factories import raw_orders

CARD = "4111111111111111"

SEPARATORS = [
    *" \t\n\r\f\v._,/-",
    *map(chr, range(0x1C, 0x20)),
    *"\x85\u00a0\u1680\u2009\u2010\u2014\u2028\u202f\u3000",
]
NUMBERS = [CARD, "378282246310005", "6011111111111117", "5555555555554444", "4222222222222", "2111111111114"]
WORDS = ["cvv", "CVV2", "cvc", "Cvn", "csc", "cſc", "security code", "ſecurity_code", "Card Code", "cc_cvc2"]
JOINERS = ["", " number is", " is", "_code", " number", " value", " no", " iſ", "İs", " ıs"]
GAPS = [
    "",
    ":",
    " : ",
    '": "',
    "=\t",
    "&#58; ",
    "&quot;:&#40;",
    "\u00a0–",
    "\\n",
    "\x08",
    "))))))",
    "&reg;&trade;",
]


def hidden(sign: str, how: str) -> str:
    """The sign, or an entity for it."""
    return {
        "plain": sign,
        "decimal": f"&#{ord(sign)};",
        "bare": f"&#{ord(sign):07d};",
        "hex": f"&#x{ord(sign):x};",
        "twice": f"&amp;#{ord(sign)};",
        "deep": f"&amp;amp;amp;#{ord(sign)};",
        "wide": chr(ord(sign) + 0xFEE0) if sign.isdigit() else sign,
        "arabic": chr(ord(sign) + 0x0630) if sign.isdigit() else sign,
        "json": f"\\u{ord(sign):04x}",
    }[how]


HOW = st.sampled_from(["decimal", "bare", "hex", "twice", "deep", "wide", "arabic", "json"])
HIDDEN = st.dictionaries(st.integers(0, 15), HOW, max_size=2)
NAMED = [
    "&nbsp;",
    "&nbsp",
    "&thinsp;",
    "&dash;",
    "&Tab;",
    "&comma;",
    "&lowbar;",
    "&sol;",
    "&period;",
    "\\/",
    "\\n",
    "\\t",
    "<br>",
    "<br />",
    "&lt;br&gt;",
    "<i><b></b></i>",
    "\u200b",
    "\u00ad",
    "\x01",
]


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    """A card number, with something between its groups of digits, and some of the digits hidden."""
    number, disguise = draw(st.sampled_from(NUMBERS)), draw(HIDDEN)
    between, group = draw(st.sampled_from(["", *SEPARATORS, *NAMED])), draw(st.integers(1, 6))
    return "".join(
        hidden(digit, disguise.get(place, "plain")) + (between if (place + 1) % group == 0 else "")
        for place, digit in enumerate(number)
    )


@st.composite
def codes(draw: st.DrawFn) -> str:
    """A verification code with its name, some letters of it hidden."""
    disguise = draw(HIDDEN)
    name = "".join(
        hidden(sign, disguise.get(place, "plain")) for place, sign in enumerate(draw(st.sampled_from(WORDS)))
    )
    number = draw(st.sampled_from(["123", "1234", "1&#50;34"]))
    return name + draw(st.sampled_from(JOINERS)) + draw(st.sampled_from(GAPS)) + number


AROUND = st.sampled_from(
    [
        "",
        " ",
        "exp 12/27",
        "R O&#39;Connor",
        "&frac12",
        "&sup2",
        "&#",
        "&amp",
        "\\",
        '"',
        "\\n",
        "ångström",
        "🙂7",
        "a",
        "cid",
    ]
)
TYPED = st.builds(
    lambda before, what, after: before + what + after,
    AROUND,
    card_numbers() | codes() | st.text('cvs 0479&#;\\"', max_size=24),
    AROUND,
)
TEXTS = (
    TYPED
    | TYPED.map(lambda text: json.dumps({"answer": text}))
    | TYPED.map(lambda text: json.dumps([text], ensure_ascii=False))
)
LEAVES = TEXTS | st.sampled_from([int(CARD), 4222222222222, 7, 12345, True, None])
NAMES = st.sampled_from(
    [
        "data",
        "cc_number",
        "acct_no",
        "cvv2",
        "cvv_result",
        "card_code",
        "cid",
        "module",
        "po",
        "türk_cİd",
        "notetext",
        "security_code",
    ]
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def orders(draw: st.DrawFn) -> dict[str, Any]:
    """An order with one or two strange things somewhere."""
    places: dict[str, st.SearchStrategy[Any]] = {
        "ship_addr2": TEXTS,
        "ship_phone": TEXTS,
        "payments": st.lists(st.dictionaries(NAMES, TREES, max_size=3), max_size=2),
        "notes": st.lists(st.fixed_dictionaries({"notetext": TREES}), max_size=2),
        "charges": st.lists(st.fixed_dictionaries({"descrip": TEXTS}), max_size=1),
        "items": st.lists(
            st.fixed_dictionaries(
                {"product_id": st.sampled_from([0, 7]), "name": TEXTS, "options": st.just([])}
            ),
            max_size=1,
        ),
        "shipments": st.just([{"items": [{"options": [{"opt_code": "", "value": draw(TEXTS)}]}]}]),
        "customer": st.fixed_dictionaries({"bill_comp": TEXTS, "CustomField_Values": TREES}),
        "CustomField_Values": st.dictionaries(NAMES, TREES, max_size=2),
    }
    chosen = draw(st.lists(st.sampled_from(sorted(places)), min_size=1, max_size=2, unique=True))
    return {
        "id": 10058,
        "total": 134,
        "dt_updated": 1795317847,
        **{name: draw(places[name]) for name in chosen},
    }


@given(orders())
@example({"notes": [{"notetext": "4111\u20091111\u20091111\u20091111"}]})
@example({"notes": [{"notetext": "4111&thinsp;1111&thinsp;1111&thinsp;1111"}]})
@example({"notes": [{"notetext": "CVV: 123, old 5555&#45;5555&#45;5555&#45;4444"}]})
@example({"notes": [{"notetext": "my cvv number is 123"}]})
@example({"ship_addr2": "&#4111111111111111;"})
@example({"payments": [{"note": "&sup2111111111114"}]})
@example({"payments": [{"data": {"answer": '{"n":"4111\\/1111\\/1111\\/1111"}'}}]})
@example({"payments": [{"data": {"answer": '[{"cc_number":"12345678"}]'}}]})
@example({"CustomField_Values": {"m": [{"card_cvv": "12"}]}})
def test_one_look_at_the_json_spares_nothing_that_the_whole_search_would_change(raw: dict[str, Any]) -> None:
    searched = redact_order(copy.deepcopy(raw))
    looked = copy.deepcopy(raw)
    left = redacted(looked, encode(looked))
    assert looked == searched
    assert decode(left) == decode(encode(searched))


@given(TEXTS)
def test_a_text_that_is_masked_is_suspicious(text: str) -> None:
    raw = {"notes": [{"notetext": text}]}
    encoded = encode(raw)
    if redact_order(copy.deepcopy(raw)) != raw:
        assert may_hold_card_data(encoded)


def test_the_generated_texts_are_masked_often_enough_to_prove_something() -> None:
    masked: list[bool] = []

    @settings(database=None, max_examples=300, derandomize=True)
    @given(TEXTS)
    def count(text: str) -> None:
        raw = {"notes": [{"notetext": text}]}
        masked.append(redact_order(copy.deepcopy(raw)) != raw)

    count()
    assert sum(masked) > len(masked) / 5


@pytest.mark.parametrize(
    "text",
    [
        *(
            "R O&#39;Connor &amp; Sons",
            "call 503-555-0142, gate code 1234",
            "2026-11-22 10:30, 4 x 250 g",
            "Größe &reg; frei",
        ),
        *("cvv_result: M", "USPS Priority Mail &#40;2-3 days&#41;", "line\nline\tline"),
    ],
)
def test_what_people_usually_type_is_not_suspicious(text: str) -> None:
    assert not may_hold_card_data(encode({"notes": [{"notetext": text, "id": 3032, "dtstamp": 1795317847}]}))


def test_most_orders_are_not_suspicious() -> None:
    encoded = [encode(raw) for raw in raw_orders(100, seed=5)]
    assert sum(map(may_hold_card_data, encoded)) < 20


def test_an_order_without_card_data_keeps_its_json() -> None:
    raw = next(raw for raw in raw_orders(20, seed=5) if not may_hold_card_data(encode(raw)))
    encoded = encode(raw)
    assert redacted(raw, encoded) is encoded


def test_a_card_number_that_only_its_name_tells_is_cut_in_an_order_that_is_not_suspicious() -> None:
    raw = {"payments": [{"data": {"cc_number": "1234567"}}]}
    encoded = encode(raw)
    assert not may_hold_card_data(encoded)
    assert decode(redacted(raw, encoded)) == raw == {"payments": [{"data": {"cc_number": "4567"}}]}


@pytest.mark.parametrize(
    "spared",
    [
        {"shipments": [{"code": "10005-20251015-00078"}]},
        {"payments": [{"refnum": "S01-8860171-2069726"}]},
        {
            "shipments": [
                {"code": "10005-20251015-00078", "tracklink": "https://www.ups.com/track?loc=en&tracknum=1Z9"}
            ]
        },
        {
            "bill_comp": "Café <Bar>",
            "shipments": [{"tracklink": "https://www.ups.com/track?loc=en&tracknum=1Z9"}],
        },
    ],
)
def test_numbers_of_shipments_and_addresses_of_pages_call_for_no_search(spared: dict[str, Any]) -> None:
    assert not may_hold_card_data(encode({"id": 10005, **spared}))


@pytest.mark.parametrize(
    "order",
    [
        {"payments": [{"data": {"code": "4111111111111111-20261122-12345"}}]},
        {"payments": [{"code": "4111111111111111-20261122-12345"}]},
        {"CustomField_Values": {"customfields": {"code": "4111111111111111-20261122-12345"}}},
    ],
)
def test_a_card_number_that_looks_like_the_code_of_a_shipment_is_masked(order: dict[str, Any]) -> None:
    assert b"4111111111111111" not in redacted(order, encode(order))
