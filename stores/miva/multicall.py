"""Many operations in one request, continued where the store's time limit cut them off (Miva reference §5)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stores.miva.errors import MivaDown, MivaError, MivaRefused
from stores.miva.refusals import refusal
from stores.miva.replies import Each, Reply
from stores.miva.wire import Answer, Asked

Exchange = Callable[[dict[str, Any], Mapping[str, str]], tuple[Any, Answer]]

PARTIAL = 206
NOT_CONTINUED = (
    "Miva had answered a part of the request and refused to go on with it: the rest is sent again by itself."
)


def run_operations(exchange: Exchange, operations: Sequence[Mapping[str, Any]], asked: Asked) -> Each:
    """Run every operation once. The same body goes out again with a Range for those that a 206 left out.

    Raises MivaError when the first request fails as a whole. When a later one fails, its operations carry the error and those
    that were answered keep their answers. What is refused then is the request to go on, and no operation is to blame: they carry
    MivaDown, and may be sent anew. A bad operation stops no other.
    """
    each, done = Each({}, {}), 0
    while done < len(operations):
        bounds = {"Range": f"Operations={done + 1}-{len(operations)}"} if done else {}
        try:
            decoded, answer = exchange({"Operations": list(operations)}, bounds)
        except MivaError as error:
            if not done:
                raise
            each.errors.update(dict.fromkeys(range(done, len(operations)), _to_go_on(error)))
            return each
        found = decoded if isinstance(decoded, list) else []
        for place, body in enumerate(found[: len(operations) - done], start=done):
            _note(each, place, body, answer, asked)
        done += len(found)
        if answer.status != PARTIAL or not found:
            break
    for place in range(done, len(operations)):
        each.errors[place] = asked.lost(f"Miva's answer to {asked.function} leaves out row {place + 1}.")
    return each


def _to_go_on(error: MivaError) -> MivaError:
    """What the failure of a continuation means for the operations that are left."""
    if not isinstance(error, MivaRefused):
        return error
    return MivaDown(error.reason, NOT_CONTINUED, code=error.code, http_status=error.http_status)


def _note(each: Each, place: int, body: Any, answer: Answer, asked: Asked) -> None:
    if not isinstance(body, dict):
        each.errors[place] = asked.lost(f"Miva's answer to {asked.function} leaves out row {place + 1}.")
    elif body.get("success") == 1:
        each.replies[place] = Reply(body, answer.date)
    else:
        each.errors[place] = refusal(body, answer, asked)
