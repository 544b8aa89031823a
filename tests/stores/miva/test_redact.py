import copy
import html
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.miva.cards import mask_card_numbers
from stores.miva.redact import redact_order, redact_text

CARD = "4111111111111111"


def order(**members: Any) -> dict[str, Any]:
    return {"id": 10058, "total": 134, "payments": [], "items": [], "notes": [], **members}


def paid(**data: Any) -> dict[str, Any]:
    return order(payments=[{"id": 1, "refnum": "", "decrypt_status": "decrypted", "data": data}])


def data_of(raw: dict[str, Any]) -> Any:
    return redact_order(raw)["payments"][0]["data"]


def test_a_decrypted_card_keeps_type_name_expiry_and_last_four() -> None:
    legacy = {"cc_card": "Visa", "cc_name": "R O&#39;Connor", "cc_number": CARD, "cc_exp": "12/2027"}
    assert data_of(paid(**legacy)) == {**legacy, "cc_number": "1111"}


def test_verification_codes_are_gone_with_their_names() -> None:
    assert data_of(paid(cvv2="123", cc_cvv="123", card_code="9", auth_code="A1", inner={"CID": 1234})) == {
        "auth_code": "A1",
        "inner": {},
    }


def test_a_card_number_under_any_name_is_masked() -> None:
    assert data_of(paid(blob="VISA 4111-1111-1111-1111 ok", token=CARD)) == {
        "blob": "VISA ************1111 ok",
        "token": "************1111",
    }


def test_a_card_number_that_came_as_a_number_is_masked() -> None:
    assert data_of(paid(value=int(CARD), list=[int(CARD), 5])) == {
        "value": "************1111",
        "list": ["************1111", 5],
    }


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("x_card_code=123&x_amount=14.00&cvv2=999", "x_card_code=***&x_amount=14.00&cvv2=***"),
        ("card on file, cvv 123", "card on file, cvv ***"),
        ("CVV2|123|", "CVV2|***|"),
        ("cvv123", "cvv***"),
        ("cvv_result=123", "cvv_result=123"),
    ],
)
def test_a_verification_code_inside_a_text_of_payment_data_is_masked(text: str, kept: str) -> None:
    assert data_of(paid(response=text)) == {"response": kept}


def test_a_verification_code_beside_the_payment_data_is_gone_with_its_name() -> None:
    raw = redact_order(order(payments=[{"id": 1, "cvv2": "123", "description": "Visa CVV 123"}]))
    assert raw["payments"] == [{"id": 1, "description": "Visa CVV ***"}]


def test_an_escaped_number_does_not_slip_through() -> None:
    assert data_of(paid(value="4111&#45;1111&#45;1111&#45;1111")) == {"value": "************1111"}


def test_a_payment_is_masked_outside_its_data_too() -> None:
    raw = order(payments=[{"refnum": CARD, "description": f"Card {CARD}", "extra": [CARD]}])
    assert CARD not in json.dumps(redact_order(raw))


def test_locked_data_and_check_numbers_stay() -> None:
    assert data_of(paid(cc_number="** Secured **", check="1044", po_number="PO-7")) == {
        "cc_number": "** Secured **",
        "check": "1044",
        "po_number": "PO-7",
    }


@pytest.mark.parametrize("separator", ["\n", "\t", "/", ",", "_", "\u2013", "\r\n"])
def test_a_typed_number_is_masked_whatever_parts_its_groups(separator: str) -> None:
    raw = order(notes=[{"notetext": separator.join(["4111", "1111", "1111", "1111"])}])
    assert redact_order(raw)["notes"] == [{"notetext": "************1111"}]


def test_the_name_of_a_line_that_a_clerk_typed_is_masked_and_a_name_of_the_catalogue_stays() -> None:
    name = f"Phone order {CARD}"
    raw = order(items=[{"product_id": 0, "name": name}, {"product_id": 7, "name": name}])
    assert [item["name"] for item in redact_order(raw)["items"]] == ["Phone order ************1111", name]


def test_what_people_typed_is_masked() -> None:
    raw = order(
        ship_addr2=f"card {CARD}",
        customer={"bill_comp": CARD, "CustomField_Values": {"customfields": {"a": CARD}}},
        notes=[{"notetext": f"please charge {CARD} exp 12/27"}],
        items=[
            {
                "options": [{"opt_code": "", "data": CARD, "data_long": CARD, "value": CARD}],
                "subscription": {"options": [{"attr_code": "engraving", "value": CARD}]},
            }
        ],
        shipments=[{"items": [{"options": [{"data": CARD}]}]}],
        CustomField_Values={"customfields": {"po": CARD, "many": [CARD]}},
    )
    assert CARD not in json.dumps(redact_order(raw))


def test_codes_of_the_catalogue_and_parcel_numbers_are_never_touched() -> None:
    raw = order(
        items=[{"code": CARD, "sku": CARD, "options": [{"opt_code": CARD, "value": CARD, "data": ""}]}],
        shipments=[{"tracknum": CARD, "tracklink": f"https://track.example.com/{CARD}"}],
        ship_phone="+55 11 91234-5678",
        bill_phone="5511912345676",  # as long as the shortest card number, and its check digit fits
    )
    before = copy.deepcopy(raw)
    assert redact_order(raw) == before


def test_the_order_is_changed_in_place() -> None:
    raw = paid(cc_number=CARD)
    assert redact_order(raw) is raw


def test_an_order_without_payments_is_fine() -> None:
    assert redact_order({"id": 1}) == {"id": 1}
    assert redact_order({"id": 1, "payments": None, "customer": None}) == {
        "id": 1,
        "payments": None,
        "customer": None,
    }


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("my card 4111 1111 1111 1111, cvv 123", "my card ************1111, cvv ***"),
        ("CVV2: 1234 thanks", "CVV2: *** thanks"),
        ("the security code is 737", "the security code is ***"),
        ("4111&#45;1111&#45;1111&#45;1111", "************1111"),
        ("4111&nbsp;1111&nbsp;1111&nbsp;1111", "************1111"),
        ("call 503-555-0142, gate code 1234", "call 503-555-0142, gate code 1234"),
        ("R O&#39;Connor", "R O&#39;Connor"),
    ],
)
def test_card_data_in_a_comment_is_masked(typed: str, kept: str) -> None:
    raw = order(notes=[{"notetext": typed}], CustomField_Values={"customfields": {"comments": typed}})
    redact_order(raw)
    assert raw["notes"][0]["notetext"] == kept
    assert raw["CustomField_Values"]["customfields"]["comments"] == kept


def test_a_custom_field_for_a_verification_code_is_dropped_whatever_else_there_is() -> None:
    raw = order(CustomField_Values={"customfields": {"card_cvv": "123", "cid": "4567", "po": "7"}})
    assert redact_order(raw)["CustomField_Values"] == {"customfields": {"cid": "4567", "po": "7"}}


def test_a_custom_field_that_is_a_number_is_looked_at_too() -> None:
    raw = order(CustomField_Values={"customfields": {"price": 12, "none": None, "paid_with": int(CARD)}})
    assert redact_order(raw)["CustomField_Values"]["customfields"] == {
        "price": 12,
        "none": None,
        "paid_with": "************1111",
    }


@pytest.mark.parametrize(
    "odd",
    [
        {"customer": CARD},
        {"notes": {"notetext": 1}, "ship_fname": CARD},
        {"items": "none", "ship_fname": CARD},
        {"shipments": [3], "charges": [None], "ship_fname": CARD},
        {"CustomField_Values": [CARD]},
        {"CustomField_Values": {"customfields": CARD}},
    ],
)
def test_an_order_of_a_shape_that_nobody_expects_is_masked_too(odd: dict[str, Any]) -> None:
    assert CARD not in json.dumps(redact_order(order(**odd)))


def test_a_card_number_where_a_telephone_number_belongs_is_masked() -> None:
    assert redact_order(order(ship_phone=CARD))["ship_phone"] == "************1111"


TYPED = (
    *("ship_fname", "ship_phone", "ship_zip", "bill_fax", "bill_addr2", "cust_login", "business_title"),
    *("ship_data", "source"),
)
NOISE = st.sampled_from(
    ["", "R O&#39;Connor ", "cvv ", "12/27 ", "+1 503 555 0142 ", "ångström ", "\ud800", "🙂 7 "]
)
LEFT = st.builds(
    lambda before, number, after: f"{before} {number} {after}",
    NOISE,
    st.sampled_from(
        [
            CARD,
            "3782 822463 10005",
            "6011-1111-1111-1117",
            "5555.5555.5555.4444",
            "cash",
            "4111&#49;11111111111",
        ]
    ),
    NOISE,
)


@given(st.dictionaries(st.sampled_from(TYPED), LEFT), st.lists(LEFT, max_size=3), LEFT, LEFT, LEFT)
def test_a_full_rescan_finds_nothing_wherever_people_may_type(
    members: dict[str, str], notes: list[str], option: str, field: str, charge: str
) -> None:
    raw = order(
        **members,
        notes=[{"notetext": text} for text in notes],
        items=[{"options": [{"opt_code": "", "data": option, "attr_prompt": option}]}],
        returns=[{"items": [{"options": [{"value": option}]}]}],
        customer={"ship_addr1": field, "CustomField_Values": {"m": [field], "n": {"f": field}}},
        charges=[{"descrip": charge}],
        CustomField_Values={"customfields": {"many": [field, {"deep": field}], "one": field}},
    )
    left = html.unescape(json.dumps(redact_order(raw), ensure_ascii=False))
    assert mask_card_numbers(left) == left
    assert not re.search(r"411111|378282|601111|555555", re.sub(r"[ .\-]", "", left))


TREE = st.recursive(
    st.sampled_from([CARD, "378282246310005", "4111 1111 1111 1111", 4111111111111111, "cash", 7, None]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["cvv2", "cc_number", "note", "data"]), inner, max_size=3)
    ),
)


@given(st.lists(st.fixed_dictionaries({"data": TREE, "description": TREE}), max_size=3))
def test_no_card_number_and_no_code_survives_in_any_payment(payments: list[dict[str, Any]]) -> None:
    text = json.dumps(redact_order(order(payments=payments)))
    assert "41111111" not in text.replace(" ", "")
    assert "3782822" not in text
    assert "cvv2" not in text


@given(st.lists(st.fixed_dictionaries({"data": TREE}), max_size=3))
def test_redacting_twice_changes_nothing_more(payments: list[dict[str, Any]]) -> None:
    once = redact_order(order(payments=payments))
    assert redact_order(copy.deepcopy(once)) == once


@pytest.mark.parametrize(
    "text",
    [
        "X-Miva-API-Authorization: MIVA-HMAC-SHA256 tok3n:c2lnbmF0dXJl",
        "sent MIVA tok3n-abcdef to the store",
        '{"Passphrase":"tok3n \\" c2lnbmF0dXJl","Count":1}',
        '{"signing_key": "c2lnbmF0dXJl", "access_token":"tok3n"}',
        "Authorization: Basic tok3nc2lnbmF0dXJl",
        "https://user:tok3n@store.example.com/mm5/json.mvc",
        "passphrase=tok3n&x=1",
        '{"Passphrase":"tok3n',
    ],
)
def test_secrets_are_taken_out_of_text(text: str) -> None:
    clean = redact_text(text)
    assert "tok3n" not in clean
    assert "c2lnbmF0dXJl" not in clean
    assert "[removed]" in clean


def test_given_secrets_are_removed_wherever_they_stand() -> None:
    assert redact_text("<p>key was s3cr3t!</p>", ["s3cr3t"]) == "<p>key was [removed]!</p>"


def test_harmless_words_stay() -> None:
    text = '{"provider":"Miva Merchant","name":"Basic Subscription Box","decrypt_error":"Passphrase missing"}'
    assert redact_text(text) == text


PAYMENT = '{"id":1,"module":{"code":"mod10"},"data":{"cc_name":"R } Connor \\" {","cc_exp":"12/2027"}}'


@pytest.mark.parametrize("length", range(PAYMENT.index("R }") + 1, len(PAYMENT) + 1))
def test_payment_data_is_removed_however_the_text_is_cut(length: int) -> None:
    clean = redact_text(PAYMENT[:length])
    assert "Connor" not in clean
    assert "12/2027" not in clean
    assert '"code":"mod10"' in clean


def test_other_data_stays() -> None:
    text = '{"success":1,"data":{"total_count":1,"start_offset":0,"data":[{"id":5}]}}'
    assert redact_text(text) == text


def test_card_numbers_are_masked_in_text() -> None:
    assert redact_text(f"card {CARD}") == "card ************1111"


@pytest.mark.parametrize("text", ['{"card_cvv":"123"}', '{"CVC": 123}', "cvv=123&x=1", "security code: 123"])
def test_verification_codes_are_masked_in_text(text: str) -> None:
    assert "123" not in redact_text(text)


def test_verification_codes_inside_a_text_of_json_are_dropped() -> None:
    order = {
        "payments": [
            {
                "id": 1,
                "data": {"answer": '{"cvv":"737","last4":"1111","n":[{"cc_number":"4111111111111111"}]}'},
            }
        ]
    }
    redact_order(order)
    text = order["payments"][0]["data"]["answer"]  # type: ignore[index]
    assert "737" not in text
    assert "411111" not in text
    assert '"last4":"1111"' in text
