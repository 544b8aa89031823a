"""Acknowledging orders, and making sense of Miva's count of them (Miva reference §9.2)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from stores.miva.errors import PartlyFailed
from stores.miva.shapes import rows, whole

MOST_AT_ONCE = 100  # larger batches run into the time limits of gateways, Miva reference §5.4

_NOT_REACHED = "Miva stopped before this order. It is acknowledged at the next run."


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """`processed` counts orders that Miva took, `failed` maps the others to the reason, `unknown` are not in
    the store.

    Miva counts unknown orders as processed, so `unknown` is a part of `processed`.
    """

    processed: int = 0
    failed: dict[int, str] = field(default_factory=dict)
    unknown: tuple[int, ...] = ()


def acknowledge_all(send: Callable[[list[int]], dict[str, Any]], order_ids: Sequence[int]) -> Acknowledged:
    """Sends the ids in batches, and the tail of a batch again when Miva's time ran out before its end."""
    ids = list(dict.fromkeys(order_ids))
    failed: dict[int, str] = {}
    unknown: list[int] = []
    while ids:
        batch = ids[:MOST_AT_ONCE]
        processed, errors, strangers = _one_batch(send, batch)
        failed |= errors
        unknown += strangers
        tail = _tail(batch, processed, errors)
        if len(tail) == len(batch):
            failed |= dict.fromkeys(tail, _NOT_REACHED)
            tail = []
        ids = tail + ids[MOST_AT_ONCE:]
    order = [each for each in dict.fromkeys(order_ids) if each not in failed]
    return Acknowledged(len(order), failed, tuple(each for each in order if each in set(unknown)))


def _one_batch(
    send: Callable[[list[int]], dict[str, Any]], batch: list[int]
) -> tuple[int, dict[int, str], list[int]]:
    """How many Miva handled, which of them failed and why, which it does not know."""
    try:
        body = send(batch)
    except PartlyFailed as error:
        return (
            error.processed,
            {whole(each): text for each, text in error.failed.items()},
            [whole(each) for each in error.warned],
        )
    return whole(body.get("processed")), {}, [whole(row.get("identifier")) for row in rows(body, "warnings")]


def _tail(batch: list[int], processed: int, errors: dict[int, str]) -> list[int]:
    """The orders that Miva did not reach. It works in order; whether it counts the failed ones is unsaid."""
    if processed + len(errors) >= len(batch):
        return []
    return [each for each in batch[processed:] if each not in errors]
