"""Miva's reply envelopes as bytes: success, plain errors and input errors (Miva reference §4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def encode(value: Any) -> bytes:
    """Compact JSON; Decimals become JSON numbers."""
    return _ENCODER.encode(value)


def success(**members: Any) -> bytes:
    """`{"success":1,...}`."""
    return encode({"success": 1, **members})


def rows(encoded: Iterable[bytes], total_count: int, start_offset: int) -> bytes:
    """The reply of a list query, from rows that are encoded already."""
    head = b'{"success":1,"data":{"total_count":%d,"start_offset":%d,"data":[' % (total_count, start_offset)
    return head + b",".join(encoded) + b"]}}"


class ApiError(Exception):
    """An application error: HTTP 200 unless `http_status` says otherwise."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        http_status: int = 200,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.http_status = http_status
        self.headers = headers or {}
        self.members = members

    def body(self) -> bytes:
        """The error envelope."""
        return encode({"success": 0, "error_code": self.code, "error_message": self.message, **self.members})


class EmptyReplyError(ApiError):
    """A missing permission that some older functions answer with no body at all (Miva reference §3)."""

    def body(self) -> bytes:
        """Nothing."""
        return b""


def access_denied(message: str = "Access denied") -> ApiError:
    """Any authentication or permission problem."""
    return ApiError("access_denied", message)


def invalid_input(field: str, message: str) -> ApiError:
    """`MER-JSN-00023` for one field (Miva reference §4.2)."""
    return input_errors({field: message})


def input_errors(messages: Mapping[str, str]) -> ApiError:
    """`MER-JSN-00023` for several fields; the first is repeated at the top (Miva reference §4.2)."""
    first, message = next(iter(messages.items()))
    return ApiError(
        "MER-JSN-00023",
        "One or more parameters are invalid",
        validation_error=True,
        error_field=first,
        error_field_message=message,
        input_errors=True,
        error_fields=[{"error_field": name, "error_message": text} for name, text in messages.items()],
    )
