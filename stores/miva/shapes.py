"""JSON in and out of Miva, with money exact: a number with a decimal point is a Decimal, else an int."""

import codecs
import json
from collections.abc import Mapping
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any

import msgspec

# Whatever is longer or larger than this is no money, and no database takes numbers without end.
_exact = Context(prec=100, Emax=99, Emin=-99, traps=[Inexact, InvalidOperation]).create_decimal
_decoder = msgspec.json.Decoder(float_hook=_exact)
_encoder = msgspec.json.Encoder(decimal_format="number")
_sorted_encoder = msgspec.json.Encoder(decimal_format="number", order="sorted")


def decode(body: bytes) -> Any:
    """Miva's answer as dicts, lists, str, int, bool, None and Decimal. Raises ValueError, and nothing else, when
    it is not whole JSON or is nested too deeply.

    Stores with a wrong character set send single Windows-1252 bytes, and some modules leave bare control
    characters in strings; both are read rather than refused. A number that is beyond any sense stays text.
    """
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError, RecursionError):
        return _decode_leniently(body)


def _decode_leniently(body: bytes) -> Any:
    text = body.decode("utf-8-sig", errors="miva_cp1252")
    try:
        return json.loads(
            text, strict=False, parse_float=_decimal, parse_int=_integer, parse_constant=_no_constant
        )
    except RecursionError:
        raise ValueError("The JSON is nested too deeply.") from None


def _decimal(text: str) -> Decimal | str:
    try:
        return _exact(text)
    except ArithmeticError:
        return text


def _integer(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:  # more digits than Python turns into a number
        return text


def encode(value: Any) -> bytes:
    """Compact UTF-8 JSON; a Decimal becomes a JSON number with all its digits."""
    return _encoder.encode(value)


def encode_sorted(value: Any) -> bytes:
    """As :func:`encode`, with sorted keys: the database gives them back in an order of its own."""
    return _sorted_encoder.encode(value)


def canonical(value: Any) -> bytes:
    """The same bytes for the same content, for fingerprints: keys sorted, 5 and 5.00 alike (§1)."""
    return _sorted_encoder.encode(_plain(value))


def whole(value: Any) -> int:
    """Miva's integer, which may arrive as a number or as text; 0 for what is neither."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


def storable(value: Any) -> Any:
    """A decoded value as texts of databases can hold it: without NUL characters, and with U+FFFD for half a character."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    if isinstance(value, list):
        return [storable(member) for member in value]
    return {name: storable(member) for name, member in value.items()} if isinstance(value, dict) else value


def rows(parent: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The list of objects under this name; empty when Miva left it out (Miva reference §7.2)."""
    found = parent.get(name)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {key: _plain(member) for key, member in value.items()}
    if kind is list:
        return [_plain(member) for member in value]
    if kind is Decimal:
        return _shortest(value)
    return value


def _shortest(number: Decimal) -> int | Decimal:
    if number == number.to_integral_value():
        return int(number)
    return number.normalize()


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number.")


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return wrong.decode("cp1252", errors="replace"), error.end


codecs.register_error("miva_cp1252", _as_cp1252)
