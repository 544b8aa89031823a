from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.miva.shapes import canonical, decode, encode, rows, whole

MONEY = st.decimals(min_value=-(10**9), max_value=10**9, places=2)
INTEGERS = st.integers(min_value=-(2**53), max_value=2**53)
JSON = st.recursive(
    st.none() | st.booleans() | INTEGERS | MONEY | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_money_is_exact_and_counts_stay_integers() -> None:
    assert decode(b'{"price":24.99,"quantity":3,"weight":0.12345678}') == {
        "price": Decimal("24.99"),
        "quantity": 3,
        "weight": Decimal("0.12345678"),
    }
    assert isinstance(decode(b"[24.10]")[0], Decimal)
    assert type(decode(b"[3]")[0]) is int


@given(JSON)
def test_what_is_written_is_read_back(value: object) -> None:
    assert decode(encode(value)) == value


def test_decimals_are_written_as_numbers() -> None:
    assert encode({"Amount": Decimal("18.50")}) == b'{"Amount":18.50}'


@given(JSON)
def test_the_canonical_form_does_not_depend_on_the_order_of_keys(value: object) -> None:
    assert canonical(_turned(value)) == canonical(value)


def _turned(value: object) -> object:
    if isinstance(value, dict):
        return {key: _turned(member) for key, member in reversed(value.items())}
    return [_turned(member) for member in value] if isinstance(value, list) else value


def test_a_number_is_the_same_however_miva_writes_it() -> None:
    assert len({canonical(decode(text)) for text in (b'{"a":5}', b'{"a":5.0}', b'{"a":5.00}')}) == 1
    assert canonical(decode(b"[10.0]")) == b"[10]"
    assert canonical(decode(b"[0.10]")) == canonical(decode(b"[0.1]")) != canonical(decode(b"[0.11]"))


def test_text_is_never_taken_for_a_number() -> None:
    assert canonical({"zip": "01230"}) != canonical({"zip": 1230})


def test_single_bytes_of_a_wrong_character_set_are_read() -> None:
    assert decode(b'{"a":"caf\xe9","b":"caf\xc3\xa9"}') == {"a": "café", "b": "café"}


def test_bare_control_characters_are_read() -> None:
    assert decode(b'{"note":"one\x1atwo","total":1.10}') == {"note": "one\x1atwo", "total": Decimal("1.10")}


@pytest.mark.parametrize("body", [b"", b'{"a":1', b"<html>", b'{"a":NaN}', b'{"a":1}x', b"\xff\xfe"])
def test_what_is_not_whole_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the parser's
        decode(body)


@pytest.mark.parametrize("number", ["1e99999999999999999999", "1e-999", "9" * 5_000, "0." + "1" * 20_000])
def test_a_number_beyond_any_sense_stays_text(number: str) -> None:
    assert decode(b'{"total":24.10,"count":3,"more":%s}' % number.encode()) == {
        "total": Decimal("24.10"),
        "count": 3,
        "more": number,
    }


def test_zero_is_zero_whatever_its_exponent() -> None:
    assert decode(b"[0e99999999999999999999]") == [0]
    assert len(encode(decode(b"[0e99999999999999999999]"))) < 10


def test_what_is_nested_too_deeply_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        decode(b"[" * 100_000 + b"]" * 100_000)


def test_rows_of_an_absent_member_are_none() -> None:
    assert rows({}, "items") == rows({"items": None}, "items") == []
    assert rows({"items": [{"a": 1}, "x"]}, "items") == [{"a": 1}]


def test_integers_may_come_as_text() -> None:
    assert (whole("12"), whole(12), whole(None), whole("x")) == (12, 12, 0, 0)
