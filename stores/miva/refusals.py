"""What Miva's `success: 0` answers mean, code by code (Miva reference §4.3)."""

import re
from collections.abc import Mapping
from typing import Any

from stores.miva.denials import denial
from stores.miva.errors import (
    ApiOffline,
    FunctionMissing,
    MivaError,
    MivaRefused,
    NotFound,
    ParametersRefused,
    PartlyFailed,
    QueueNotFound,
    SignatureRefused,
    StoreCodeRefused,
)
from stores.miva.shapes import rows, storable, whole
from stores.miva.wire import Answer, Asked

_DATABASE_LAYER = ("MER-DBP-", "MER-DBE-")
_STORE_TABLE = re.compile(r"\bMER-DBP-ST[OR]-")

Meaning = tuple[type[MivaError], str]

_GONE = "It may have been deleted in Miva, or belong to another store. Look for it in Miva's admin."
_LINES = "Compare the order's lines in Miva with those in Stone Edge."
_OUR_CALL = "This is a fault of the portal's call, not of the store's settings; send this message to support."

MEANINGS: Mapping[str, Meaning] = {
    "MER-JSN-00022": (
        SignatureRefused,
        "Copy the signing key of the token once more, or make a new token in Miva.",
    ),
    "MER-JSN-00024": (MivaRefused, _OUR_CALL),
    "MER-JSN-00025": (MivaRefused, _OUR_CALL),
    "MER-JSN-00026": (MivaRefused, _OUR_CALL),
    "MER-JSN-00028": (MivaRefused, _OUR_CALL),
    "MER-JSN-00031": (MivaRefused, _OUR_CALL),
    "MER-JSN-00032": (MivaRefused, _OUR_CALL),
    "MER-JSN-00033": (MivaRefused, _OUR_CALL),
    "MER-JSN-00034": (MivaRefused, _OUR_CALL),
    "MER-JSN-ORD-00025": (NotFound, _GONE),
    "MER-JSN-ORD-00058": (MivaRefused, _OUR_CALL),
    "MER-JSN-ORD-00057": (MivaRefused, f"None of the lines can be shipped. {_LINES}"),
    "MER-JSN-ORD-00059": (MivaRefused, f"None of the lines can be returned. {_LINES}"),
    "MER-JSN-ORD-00023": (MivaRefused, f"The line holds too few units to split off that many. {_LINES}"),
    "MER-JSN-ORD-00078": (MivaRefused, "Miva never splits subscription lines: ship the line whole."),
    "MER-JSN-ORD-00074": (MivaRefused, "Check the module of the custom field in Miva (Modules)."),
    "MER-JSN-ORD-00075": (MivaRefused, "Activate the module of the custom field in Miva (Modules)."),
    "MER-JSN-ORD-00076": (
        MivaRefused,
        "This module has no order fields: choose the right module for the field.",
    ),
    "MER-JSN-ORD-00077": (MivaRefused, "Install the module of the custom field in this store."),
    "MER-JSN-SHP-00039": (NotFound, _GONE),
    "MER-JSN-SHP-00040": (NotFound, _GONE),
    "MER-JSN-SHP-00041": (MivaRefused, _OUR_CALL),
    "MER-JSN-PRD-00070": (NotFound, _GONE),
    "MER-JSN-PRD-00013": (NotFound, _GONE),
    "MER-JSN-PRD-00014": (NotFound, _GONE),
    "MER-JSN-PRD-00071": (NotFound, _GONE),
    "MER-JSN-PRD-00072": (
        MivaRefused,
        "Several products carry this SKU: give each its own, or identify by code.",
    ),
    "MER-JSN-PRD-00073": (MivaRefused, _OUR_CALL),
    "MER-INV-JSN-00001": (MivaRefused, _OUR_CALL),
    "MER-JSN-PAY-00055": (NotFound, _GONE),
    "MER-JSN-PAY-00018": (MivaRefused, "Only captures and sales can be refunded."),
    "MER-CUS-JSN-00001": (NotFound, _GONE),
    "MER-CUS-JSN-00002": (NotFound, _GONE),
    "MER-CUS-JSN-00056": (NotFound, _GONE),
    "MER-CUS-JSN-00057": (MivaRefused, _OUR_CALL),
    "MER-UTIL-ORWF-00031": (QueueNotFound, "Enter the queue code in the store's settings."),
    "MER-UTIL-ORWF-00117": (FunctionMissing, "This store's order workflow module is too old: update Miva."),
    "EOF": (
        NotFound,
        "Miva looked for a record that is not there: a line, shipment or product given by its number.",
    ),
    "invalid_function": (
        FunctionMissing,
        "This store's version of Miva does not know the function: update Miva.",
    ),
    "invalid_module": (
        FunctionMissing,
        "The module is missing, switched off or not installed in this store: check it in Miva (Modules).",
    ),
}

_QUEUE_CODES = ("MER-UTIL-ORWF-00029", "MER-UTIL-ORWF-00030", "MER-UTIL-ORWF-00106")
_FIELD_CODES = ("MER-JSN-00018", "MER-JSN-00019", "MER-JSN-00023")
_LIST_CODES = ("MER-JSN-00021", "MER-JSN-00045")


def refusal(body: Mapping[str, Any], answer: Answer, asked: Asked) -> MivaError:
    """The error that stands for this envelope. An unknown code is a refusal in Miva's words."""
    body = storable(body)
    code, message = str(body.get("error_code", "")), str(body.get("error_message", "")) or "no reason given"
    error = _judged(code, message, body, answer, asked)
    error.code = code
    error.http_status = answer.status
    return error


def _judged(code: str, message: str, body: Mapping[str, Any], answer: Answer, asked: Asked) -> MivaError:
    said = f"Miva refused {asked.function}: {message} ({code})."
    if code == "access_denied":
        return denial(message, answer, asked)
    if code == "api_offline":
        return ApiOffline(
            f"Miva's API is switched off for this store: {message}.",
            "The store's owner or host must switch it on; until then it is tried again now and then.",
            retry_after=answer.retry_after,
        )
    if _is_about_the_store(code, message, body):
        return _wrong_store(said, asked)
    if code in _FIELD_CODES or body.get("validation_error"):
        return _fields(body, code, message, asked)
    if code in _LIST_CODES or body.get("list_error"):
        return _partly(body, asked)
    if code in _QUEUE_CODES:
        return QueueNotFound(
            f"This store has no order queue with that code ({code}).",
            "Copy the code, not the name, from Miva (Order Workflow, Queues) into the store's settings.",
        )
    if code.startswith(_DATABASE_LAYER):
        return asked.lost(f"The store's database failed during {asked.function}: {message} ({code}).")
    kind, remedy = MEANINGS.get(
        code, (MivaRefused, "Miva's own words are all that is known about this code.")
    )
    return kind(said, remedy)


def _is_about_the_store(code: str, message: str, body: Mapping[str, Any]) -> bool:
    """A missing code has a number of its own (§4.3); a wrong one fails in the look-up of the store (§1)."""
    return (
        code == "MER-JSN-00017"
        or str(body.get("error_field", "")).lower() == "store_code"
        or bool(_STORE_TABLE.search(f"{code} {message}"))
        or message.lower().startswith(("store not found", "unable to open store", "invalid store"))
    )


def _wrong_store(said: str, asked: Asked) -> MivaError:
    return StoreCodeRefused(
        said,
        f"Check the store code {asked.store_code!r}: Miva shows it under Stores, and it is not the store's "
        f"name.",
    )


def _fields(body: Mapping[str, Any], code: str, message: str, asked: Asked) -> MivaError:
    fields = {str(row.get("error_field", "")): str(row.get("error_message", "")) for row in _error_rows(body)}
    named = "; ".join(f"{name}: {text}" for name, text in fields.items()) or message
    error = ParametersRefused(
        f"Miva does not accept what {asked.function} was given: {named} ({code}).",
        "Correct the value named here, or the record in Miva that it points to.",
    )
    error.fields = fields
    return error


def _error_rows(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = rows(body, "error_fields")
    if found or "error_field" not in body:
        return found
    return [{"error_field": body["error_field"], "error_message": body.get("error_field_message", "")}]


def _partly(body: Mapping[str, Any], asked: Asked) -> MivaError:
    failed = {
        str(row.get("identifier", "")): str(row.get("error_message", "")) for row in rows(body, "errors")
    }
    named = "; ".join(f"{identifier}: {text}" for identifier, text in list(failed.items())[:10])
    error = PartlyFailed(
        f"Miva did a part of {asked.function} and failed for: {named or 'rows that it does not name'}.",
        "Only the rows named here need another attempt.",
    )
    error.failed = failed
    error.warned = tuple(str(row.get("identifier", "")) for row in rows(body, "warnings"))
    error.processed = whole(body.get("processed"))
    return error
