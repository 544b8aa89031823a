import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.miva.cards import (
    is_card_number_name,
    is_verification_name,
    last_four,
    mask_card_numbers,
    passes_luhn,
)


def with_check_digit(digits: str) -> str:
    return next(digits + last for last in "0123456789" if passes_luhn(digits + last))


CARDS = st.text("0123456789", min_size=11, max_size=17).map(lambda rest: with_check_digit("4" + rest))


@pytest.mark.parametrize(
    "number", ["4111111111111111", "378282246310005", "6011111111111117", "4222222222222"]
)
def test_published_test_numbers_pass_the_check(number: str) -> None:
    assert passes_luhn(number)
    assert not passes_luhn(number[:-1] + str((int(number[-1]) + 1) % 10))


@given(CARDS)
def test_a_card_number_keeps_its_last_four_digits_only(number: str) -> None:
    masked = mask_card_numbers(f"paid with {number}, thanks")
    assert masked == f"paid with {'*' * (len(number) - 4)}{number[-4:]}, thanks"


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "4111 1111 1111 1111 12/27",
        "4111111111111111 123",
        "123 4111111111111111",
        "3782 822463 10005",
        "4111 - 1111 - 1111 - 1111",
        "4111\u00a01111\u00a01111\u00a01111",
        "5555555555554444 4111111111111111",
        "4111\n1111\n1111\n1111",
        "4111\t1111\t1111\t1111",
        "4111/1111/1111/1111",
        "4111, 1111, 1111, 1111",
        "4111_1111_1111_1111",
        "4111\u20131111\u20131111\u20131111",
    ],
)
def test_a_number_is_found_in_groups_and_beside_other_digits(text: str) -> None:
    masked = mask_card_numbers(text)
    assert "*" * 11 in masked
    assert "41111" not in re.sub(r"[^0-9*]", "", masked)


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",  # fails the check
        "9400110200881234567890",  # a parcel number, too long for a card
        "1764612345",
        "0000000000000000",
        "order 10057-20251202-00077",
        "call 503-555-0142",
        "1764612345678",
    ],
)
def test_other_long_numbers_stay(text: str) -> None:
    assert mask_card_numbers(text) == text


def test_a_text_of_many_short_groups_takes_no_time_to_speak_of() -> None:
    text = "1 " * 10_000
    began = time.process_time()
    assert mask_card_numbers(text) == text
    assert time.process_time() - began < 1


VERIFICATION_NAMES = (
    "cvv CVV2 cvc cc_cvv cc_cvv2 card_code verification csc cid CardCode cvn cvv_code verification_value "
    "security_code card_security_code track2 cvd pin ccv x_card_code cc_sec_code ccv2 vcode cvcode sec_code secureCode "
    "card_ccv verification_code payment_method_cvv payment_method_card_code message_cvv cv2 cc_cv2 cc_security "
    "card_security securitynumber security_digits cid_num"
)


@pytest.mark.parametrize("name", VERIFICATION_NAMES.split())
def test_names_of_verification_codes_are_known(name: str) -> None:
    assert is_verification_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "code",
        "auth_code",
        "check",
        "cc_exp",
        "cc_name",
        "avs_code",
        "coincidence",
        "pinned",
        "cvv_result",
        "cvv2_response",
        "invcode",
        "verification_status",
        "card_security_status",
        "security",
    ],
)
def test_names_of_other_codes_are_left_alone(name: str) -> None:
    assert not is_verification_name(name)


@pytest.mark.parametrize(
    "name", ["cc_number", "cardnum", "Card_Number", "ccnum", "acct_no", "account_number", "pan"]
)
def test_names_of_card_and_account_numbers_are_known(name: str) -> None:
    assert is_card_number_name(name)


@pytest.mark.parametrize("name", ["po_number", "check", "number", "invoice_number", "cc_name", "last4"])
def test_names_of_other_numbers_are_left_alone(name: str) -> None:
    assert not is_card_number_name(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("4111-1111-1111-1111", "1111"),
        ("** Secured **", "** Secured **"),
        ("1111", "1111"),
        ("", ""),
        ("98765", "8765"),
    ],
)
def test_four_digits_remain(text: str, shown: str) -> None:
    assert last_four(text) == shown
