"""Reading what Stone Edge sends: a form in the body or the query string (SETI reference §1.1, §1.2)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import parse_qsl

from stores.seti.errors import SetiError
from stores.seti.values import parse_date

LONGEST_BODY = 10_000_000
LONGEST_QUERY = 16_384
MOST_PARAMETERS = 2_000

# Anything else is no parameter of this protocol, and may hold a password that was sent in a wrong shape.
_NAME = re.compile(r"[A-Za-z0-9_.\[\]-]{1,64}")
_SECRET_NAME = re.compile(r"pass|pwd|dkey|secret|token", re.IGNORECASE)
_BOUNDARY = re.compile(r'boundary="?([^";,\s]{1,200})', re.IGNORECASE)
_PART_NAME = re.compile(rb'\bname="([^"\r\n]*)"')

Pairs = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class SetiRequest:
    """One request; every accessor answers with a default where the desktop sent nothing usable.

    ``function`` is lower case and "" when it is missing. ``notes`` says what was ignored, for the journal.
    """

    function: str
    parameters: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"SetiRequest({self.redacted()})"

    def get(self, name: str, default: str = "") -> str:
        """The parameter as it was sent, untrimmed."""
        return self.parameters.get(name, default)

    @property
    def user(self) -> str:
        return self.get("setiuser")

    @property
    def password(self) -> str:
        return self.get("password")

    @property
    def code(self) -> str:
        """The store code; often empty (§1.2)."""
        return self.get("code").strip()

    @property
    def last_order(self) -> str | None:
        """The last order number that the desktop has; None for ``All``, blank or absent."""
        number = self.get("lastorder").strip()
        return None if not number or number.lower() == "all" else number

    @property
    def last_date(self) -> date | None:
        """The day of the last order that the desktop has; None for ``All``, blank, absent or unreadable."""
        return parse_date(self.get("lastdate"))

    @property
    def start_number(self) -> int:
        """Position of the first record wanted, counted from 1."""
        return _positive(self.get("startnum")) or 1

    @property
    def batch_size(self) -> int | None:
        """The most records wanted; None when the desktop expects everything in one answer (§2.3)."""
        return _positive(self.get("batchsize"))

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence for each value that was sent but could not be used."""
        return tuple(self._notes())

    def _notes(self) -> Iterator[str]:
        last_date = self.get("lastdate").strip()
        if last_date and last_date.lower() != "all" and self.last_date is None:
            yield f"lastdate {last_date[:40]!r} is not a date and was ignored."
        for name in ("startnum", "batchsize"):
            sent = self.get(name).strip()
            if sent and _positive(sent) is None:
                yield f"{name} {sent[:40]!r} is not a positive whole number and was ignored."

    def redacted(self) -> str:
        """``name=value&name=value`` in readable form, with passwords and keys as ``***``: for the journal."""
        return "&".join(
            f"{name}={'***' if _SECRET_NAME.search(name) else value}"
            for name, value in self.parameters.items()
        )


def parse(
    body: bytes,
    content_type: str = "",
    query_string: str = "",
    *,
    longest_body: int = LONGEST_BODY,
    most_parameters: int = MOST_PARAMETERS,
) -> SetiRequest:
    """The request in a form body and a query string; the body wins, of repeated names the last (as in PHP).

    Names count exactly as written, the value of ``setifunction`` in any case. Text is UTF-8, or Windows-1252
    where it is not valid UTF-8, decided once for the body and once for the query string. A missing content
    type is read as a form, multipart is read too. Raises SetiError when a limit is passed.
    """
    if len(body) > longest_body:
        raise SetiError(
            f"The request is {len(body)} bytes long; at most {longest_body} are accepted. Send less at once."
        )
    if len(query_string) > LONGEST_QUERY:
        raise SetiError(
            f"The query string is longer than {LONGEST_QUERY} characters. Send the values in the form."
        )
    query = _decoded(_form_pairs(_query_bytes(query_string), most_parameters))
    parameters = query | _decoded(_body_pairs(body, content_type, most_parameters))
    return SetiRequest(parameters.get("setifunction", "").strip().lower(), parameters)


def _body_pairs(body: bytes, content_type: str, most: int) -> Pairs:
    if content_type.strip().lower().startswith("multipart/"):
        return _multipart_pairs(body, content_type, most)
    return _form_pairs(body, most)


def _form_pairs(form: bytes, most: int) -> Pairs:
    # Latin-1 maps every byte to one character and back: parse_qsl works on text, the bytes stay as they were.
    try:
        pairs = parse_qsl(
            form.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=most
        )
    except ValueError:
        raise _too_many(most) from None
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]


def _multipart_pairs(body: bytes, content_type: str, most: int) -> Pairs:
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise SetiError(
            "A multipart request needs a boundary. Send the form as application/x-www-form-urlencoded."
        )
    parts = body.split(b"--" + boundary[1].encode("utf-8", "replace"), most + 2)
    if len(parts) > most + 2:
        raise _too_many(most)
    pairs: Pairs = []
    for part in parts[1:]:
        head, gap, value = part.partition(b"\r\n\r\n")
        if gap and (name := _PART_NAME.search(head)):
            pairs.append((name[1], value.removesuffix(b"\r\n")))
    return pairs


def _too_many(most: int) -> SetiError:
    return SetiError(f"The request has more than {most} parameters. Send less at once.")


def _query_bytes(query_string: str) -> bytes:
    # WSGI hands the query string over as Latin-1 text.
    try:
        return query_string.encode("latin-1")
    except UnicodeEncodeError:
        return query_string.encode("utf-8", "replace")


def _decoded(pairs: Pairs) -> dict[str, str]:
    try:
        decoded = [(name.decode("utf-8"), value.decode("utf-8")) for name, value in pairs]
    except UnicodeDecodeError:
        decoded = [
            (name.decode("cp1252", "replace"), value.decode("cp1252", "replace")) for name, value in pairs
        ]
    # A zero byte is part of no value, and PostgreSQL refuses it.
    return {name: value.replace("\x00", "") for name, value in decoded if _NAME.fullmatch(name)}


def _positive(text: str) -> int | None:
    """The whole number above zero in the text, of at most nine digits, or None."""
    text = text.strip()
    return int(text) or None if text.isascii() and text.isdigit() and len(text) <= 9 else None
