from collections.abc import Callable
from typing import Any

import pytest

from stores.miva.errors import (
    AccessDenied,
    EndpointWrong,
    FunctionMissing,
    MivaDown,
    MivaError,
    MivaLocked,
    MivaRefused,
    MivaUnsure,
    NotFound,
    ParametersRefused,
    PartlyFailed,
    QueueNotFound,
    SignatureRefused,
    StoreCodeRefused,
    TimestampMissing,
    TokenDisabled,
)
from stores.miva.refusals import MEANINGS

Scripted = Callable[..., Any]


def refused(
    scripted: Scripted, code: str, message: str = "…", function: str = "OrderItem_Split", **more: Any
) -> MivaError:
    client, _ = scripted({"success": 0, "error_code": code, "error_message": message, **more})
    with pytest.raises(MivaError) as caught:
        client.call(function)
    assert caught.value.code == code
    return caught.value


@pytest.mark.parametrize(
    ("message", "kind", "words"),
    [
        ("Invalid request signature", SignatureRefused, "signing key is wrong"),
        ("Timestamp requires request signature", SignatureRefused, "Set Digest to sha256"),
        ("Missing required timestamp", TimestampMissing, "Switch Timestamp on"),
        ("Token is disabled", TokenDisabled, "Enable it"),
        ("Access denied", AccessDenied, "IP addresses"),
        ("Invalid request method", EndpointWrong, "proxy"),
        ("Invalid request content type", EndpointWrong, "proxy"),
        ("Unrecognized authorization type", EndpointWrong, "proxy"),
    ],
)
def test_the_denials_are_told_apart(
    scripted: Scripted, message: str, kind: type[MivaError], words: str
) -> None:
    error = refused(scripted, "access_denied", message)
    assert type(error) is kind
    assert isinstance(error, MivaLocked)
    assert words in str(error)


def test_a_plain_denial_names_token_address_function_and_store(scripted: Scripted) -> None:
    remedy = refused(scripted, "access_denied", "Access denied").remedy
    assert all(word in remedy for word in ("token", "IP addresses", "OrderItem_Split", "store DEMO"))


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("MER-JSN-00017", "Missing required parameter Store_Code", StoreCodeRefused),
        ("EOF", "Record not found: MER-DBP-STO-00001", StoreCodeRefused),
        ("EOF", "Record not found: MER-DBP-OIT-00007", NotFound),
        ("invalid_module", "Invalid module", FunctionMissing),
        ("invalid_function", "Invalid function", FunctionMissing),
        ("MER-JSN-ORD-00025", "Order not found", NotFound),
        ("MER-JSN-ORD-00057", "Order items must exist in order to create a shipment", MivaRefused),
        ("MER-JSN-ORD-00023", "The split quantity is greater than …", MivaRefused),
        ("MER-INV-JSN-00001", "Parameters CurrentStockLevel and AdjustStockBy …", MivaRefused),
        ("MER-UTIL-ORWF-00030", "Queue not found", QueueNotFound),
        ("MER-UTIL-ORWF-00029", "Queue not found", QueueNotFound),
        ("MER-UTIL-ORWF-00031", "No queue", QueueNotFound),
        ("MER-SOMETHING-NEW", "Unheard of", MivaRefused),
    ],
)
def test_codes_have_their_meaning(scripted: Scripted, code: str, message: str, kind: type[MivaError]) -> None:
    error = refused(scripted, code, message)
    assert type(error) is kind
    assert error.remedy
    if kind is not QueueNotFound:
        assert message in error.reason


@pytest.mark.parametrize("code", sorted(MEANINGS))
def test_every_code_has_a_remedy(scripted: Scripted, code: str) -> None:
    assert refused(scripted, code).remedy.endswith((".", "…"))


@pytest.mark.parametrize("code", ["MER-DBP-ORD-00001", "MER-DBE-00003"])
def test_a_failing_database_passes_for_reading_and_is_unsure_for_changing(
    scripted: Scripted, code: str
) -> None:
    assert type(refused(scripted, code, "Database is locked", "OrderList_Load_Query")) is MivaDown
    assert type(refused(scripted, code, "Database is locked", "ProductList_Adjust_Inventory")) is MivaUnsure


def test_the_fields_that_miva_did_not_accept_are_named(scripted: Scripted) -> None:
    error = refused(
        scripted,
        "MER-JSN-00023",
        "One or more parameters are invalid",
        validation_error=True,
        error_field="Inventory_Adjustments[2]:product_sku",
        error_field_message="Product not found",
        input_errors=True,
        error_fields=[
            {"error_field": "Inventory_Adjustments[2]:product_sku", "error_message": "Product not found"}
        ],
    )
    assert isinstance(error, ParametersRefused)
    assert error.fields == {"Inventory_Adjustments[2]:product_sku": "Product not found"}
    assert "Inventory_Adjustments[2]:product_sku: Product not found" in error.reason


def test_a_single_field_without_a_list_is_named(scripted: Scripted) -> None:
    error = refused(
        scripted,
        "MER-JSN-00018",
        validation_error=True,
        error_field="Product_Code",
        error_field_message="exists",
    )
    assert isinstance(error, ParametersRefused)
    assert error.fields == {"Product_Code": "exists"}


def test_a_wrong_store_code_in_a_field_error_is_a_store_code(scripted: Scripted) -> None:
    error = refused(scripted, "MER-JSN-00018", error_field="Store_Code", error_field_message="Invalid")
    assert type(error) is StoreCodeRefused
    assert "'DEMO'" in error.remedy


def test_a_list_that_failed_in_part_says_which_rows(scripted: Scripted) -> None:
    error = refused(
        scripted,
        "MER-JSN-00021",
        "Multiple errors found.",
        list_error=True,
        errors=[{"identifier": "10058", "error_code": "X", "error_message": "Database is locked"}],
        processed=2,
    )
    assert isinstance(error, PartlyFailed)
    assert (error.failed, error.processed) == ({"10058": "Database is locked"}, 2)


def test_a_refusal_that_quotes_our_secret_is_cleaned(scripted: Scripted) -> None:
    error = refused(scripted, "MER-X", "token token-of-demo is bad")
    assert "token-of-demo" not in str(error)
    assert "token-of-demo" not in error.reason


def test_success_may_be_true(scripted: Scripted) -> None:
    client, _ = scripted({"success": True})
    assert client.call("OrderList_Load_Query").body == {"success": True}
