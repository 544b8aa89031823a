"""Operations and Iterations: many functions in one request (Miva reference §5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from stores.sandbox.envelope import ApiError
from stores.sandbox.parameters import Parameters

Execute = Callable[[Parameters], bytes]


@dataclass(frozen=True)
class Reply:
    """Body, HTTP status and extra headers of an answer."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(
    parameters: Parameters,
    execute: Execute,
    *,
    range_header: str,
    budget: float,
    seconds: float,
    stop_after: int = 0,
) -> Reply:
    """Run what the body asks for, one function or many.

    Between operations the time budget is checked: `seconds` is what each one pretends to take. `stop_after`
    cuts the batch after so many operations whatever the time.
    """
    operations = parameters.own("Operations")
    if not isinstance(operations, list):
        return Reply(_iterate(parameters, execute))
    first, last = _range(range_header, len(operations))
    bodies: list[bytes] = []
    for operation in operations[first - 1 : last]:
        if bodies and (len(bodies) * seconds >= budget or len(bodies) == stop_after):
            headers = {"Content-Range": f"{len(bodies)}/{len(operations)}"}
            return Reply(_array(bodies), 206, headers)
        bodies.append(_iterate(parameters.within(operation), execute))
    return Reply(_array(bodies))


def functions_in(parameters: Parameters) -> list[Parameters]:
    """The calls that a body holds, as parameter lookups, iterations not spread out."""
    operations = parameters.own("Operations")
    if not isinstance(operations, list):
        return [parameters]
    return [parameters.within(operation) for operation in operations]


def _iterate(parameters: Parameters, execute: Execute) -> bytes:
    iterations = parameters.own("Iterations")
    if not isinstance(iterations, list):
        return execute(parameters)
    return _array([execute(parameters.within(iteration)) for iteration in iterations])


def _array(bodies: list[bytes]) -> bytes:
    return b"[" + b",".join(bodies) + b"]"


def _range(header: str, total: int) -> tuple[int, int]:
    """First and last operation, 1-based, from `Operations=2-5`; bounds may be blank (Miva reference §5.2)."""
    if not header:
        return 1, total
    unit, _equals, bounds = header.partition("=")
    if unit.strip().lower() != "operations":
        raise ApiError("MER-JSN-00028", "Unknown Unit Type")
    match = re.fullmatch(r"\s*(\d*)\s*-\s*(\d*)\s*", bounds)
    if match is None:
        raise _bad_range(total, "MER-JSN-00031", "Invalid operation range")
    first, last = int(match[1] or 1), int(match[2] or total)
    if not 1 <= first <= total:
        raise _bad_range(total, "MER-JSN-00032", "Start of operation range out of bounds")
    if last > total:
        raise _bad_range(total, "MER-JSN-00033", "End of operation range out of bounds")
    if last < first:
        raise _bad_range(total, "MER-JSN-00034", "End of operation range before its start")
    return first, last


def _bad_range(total: int, code: str, message: str) -> ApiError:
    """HTTP 416; which of the codes 31 to 34 stands for which mistake is our reading."""
    return ApiError(code, message, http_status=416, headers={"Content-Range": f"*/{total}"})
