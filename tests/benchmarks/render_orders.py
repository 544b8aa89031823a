"""render_orders: from stored raw orders through translation and rendering to the bytes of a SETI answer.

The limit is plain string building of the same bytes: every element with its text already known, escaped and put between tags.
"""

import re
import time
from zoneinfo import ZoneInfo

from orders.translate import Rules, translate
from stores.miva import shapes
from stores.miva.redact import redact_order
from stores.sandbox.generator import generate_orders
from stores.seti import responses
from stores.seti.values import escape
from tests.benchmarks.report import report

ORDERS, ROUNDS, BATCH = 2_000, 3, 50
LEAF = re.compile(r"<(\w+)>([^<]+)</\1>|(<[^>]+>)")
ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}


def measure() -> None:
    """Render all orders in batches, best of some rounds, and build the same bytes."""
    raws = [
        redact_order(shapes.decode(shapes.encode(order)))
        for order in generate_orders(5, ORDERS, int(time.time()))
    ]
    rules = Rules(identifier="code", kits="parts", time_zone=ZoneInfo("America/New_York"))
    batches = [raws[start : start + BATCH] for start in range(0, ORDERS, BATCH)]

    def render() -> list[bytes]:
        return [responses.render_orders([translate(raw, rules).order for raw in batch]) for batch in batches]

    answers = render()
    pieces = [taken_apart(answer.decode()) for answer in answers]

    def build() -> list[bytes]:
        return [put_together(batch) for batch in pieces]

    assert build() == answers, "the limit must be the same bytes"
    report("render_orders", ORDERS / best(render), "orders/s", ORDERS / best(build))


def best(work: object) -> float:
    """Return the shortest time of some rounds, in seconds."""
    return min(timed(work) for _ in range(ROUNDS))


def timed(work: object) -> float:
    """Return how many seconds of one core a call takes: what else runs on the machine does not count."""
    began = time.process_time()
    work()  # type: ignore[operator]
    return time.process_time() - began


def taken_apart(answer: str) -> list[tuple[str, str]]:
    """Return elements with text as (tag, text), all else as ("", markup)."""
    found = []
    for match in LEAF.finditer(answer):
        tag, text, markup = match.groups()
        found.append((tag, unescaped(text)) if tag else ("", markup))
    return found


def unescaped(text: str) -> str:
    """Return the text behind the five entities."""
    for entity, sign in ENTITIES.items():
        text = text.replace(entity, sign)
    return text


def put_together(pieces: list[tuple[str, str]]) -> bytes:
    """Return the bytes of the answer."""
    return "".join([f"<{tag}>{escape(text)}</{tag}>" if tag else text for tag, text in pieces]).encode()
