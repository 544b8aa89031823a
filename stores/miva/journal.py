"""What is kept of each conversation with a store: enough to understand it, nothing secret."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from stores.miva.cards import mask_card_data
from stores.miva.disguises import revealed_rest
from stores.miva.errors import MivaError
from stores.miva.redact import REMOVED, mask_texts, redact_text
from stores.miva.shapes import decode, encode, rows, whole
from stores.miva.undecoded import Rows, heads
from stores.miva.wire import Answer

MOST_CHARACTERS = 16_384

_SECRET_PARAMETERS = frozenset({"passphrase", "password"})


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One HTTP request and what came of it, ready for a journal: secrets, payment data and card numbers are
    taken out.

    `response` is empty when no answer came, `http_status` is None then; `outcome` is ok, down, refused,
    locked or unsure; `at` is when it was over, in Unix seconds."""

    function: str
    request: str
    response: str
    http_status: int | None
    milliseconds: int
    outcome: str
    error: str
    at: float


@dataclass(slots=True)
class Conversation:
    """What is known of an HTTP request while it runs; `started` is of the monotonic clock, in seconds."""

    function: str
    parameters: dict[str, Any]
    started: float
    answer: Answer | None = None
    decoded: Any = None
    error: MivaError | None = None

    def exchanged(self, secrets: Sequence[str]) -> Exchanged:
        """What of it goes into a journal, without the secrets."""
        milliseconds = round((time.monotonic() - self.started) * 1000)
        answer, error = self.answer, self.error
        return Exchanged(
            function=self.function,
            request=request_text(self.parameters, secrets),
            response="" if answer is None else self._response(answer, secrets),
            http_status=answer.status if answer else None,
            milliseconds=milliseconds,
            outcome=error.outcome if error else "ok" if answer else "down",
            error=str(error) if error else "",
            at=time.time(),
        )

    def _response(self, answer: Answer, secrets: Sequence[str]) -> str:
        decoded = self.decoded
        if decoded is None:
            try:
                decoded = decode(answer.body)
            except ValueError:
                decoded = None
        return response_text(decoded, answer.body, secrets)


def request_text(parameters: dict[str, Any], secrets: Iterable[str]) -> str:
    """The request's parameters as JSON, without the passphrase."""
    shown = {
        name: REMOVED if name.lower() in _SECRET_PARAMETERS else _apart(value)
        for name, value in parameters.items()
    }
    return _capped(redact_text(encode(mask_texts(shown)).decode(), secrets))


def response_text(decoded: Any, raw: bytes, secrets: Iterable[str]) -> str:
    """The answer as JSON without payment data; of a long list the first rows and the ids of all.

    An answer that is not JSON (`decoded` is None), or that cannot be written again because of half a character in it, is shown
    from its beginning.
    """
    if decoded is not None:
        try:
            shown = encode(mask_texts(_without_payment_data(_shortened(decoded)))).decode()
        except UnicodeEncodeError:
            pass
        else:
            return _capped(redact_text(shown, secrets))
    rest = raw[: 2 * MOST_CHARACTERS].decode("utf-8", errors="replace").replace("\0", "")
    return _capped(mask_card_data(redact_text(rest, secrets), reveal=revealed_rest))


def _capped(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


def _shortened(decoded: Any) -> Any:
    """A page with its first row only, so that a page of 500 costs as little as one row."""
    data = decoded.get("data") if isinstance(decoded, dict) else None
    if not isinstance(data, dict):
        return decoded
    found = data.get("data")
    listed = found if isinstance(found, Rows) else rows(data, "data")
    if len(listed) <= 1:
        return {**decoded, "data": {**data, "data": list(listed)}} if isinstance(found, Rows) else decoded
    ids = _apart([whole(row.get("id")) for row in heads(listed)])
    return {**decoded, "data": {**data, "ids": ids, "data": [listed[0]]}}


def _apart(value: Any) -> Any:
    """The numbers of a list, and those that a filter's IN takes, each as a text: several with nothing but commas between them may
    look like a card number in groups."""
    if isinstance(value, list):
        return [str(each) if type(each) is int else _apart(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get("operator") in ("IN", "NOT_IN") and isinstance(value.get("value"), str):
        return {**value, "value": value["value"].split(",")}
    return {name: _apart(member) for name, member in value.items()}


def _without_payment_data(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_payment_data(member) for member in value]
    if not isinstance(value, dict):
        return value
    # A payment is known by its members (Miva reference §12.1), wherever it stands.
    is_payment = "decrypt_status" in value or ("pay_id" in value and "refnum" in value)
    return {
        name: REMOVED if is_payment and name == "data" else _without_payment_data(member)
        for name, member in value.items()
    }
