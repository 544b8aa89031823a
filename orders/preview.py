"""What a store's settings make of an order, and what others would make of it and of all that wait. Writes nothing."""

import logging
import xml.etree.ElementTree as ElementTree  # of our own making, never of a stranger's
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import msgspec

from orders.content import is_complete
from orders.models import Order
from orders.rejudging import concerned
from orders.release import NOT_RENDERED
from orders.translate import CannotTranslate, Rules, translate
from orders.translate.payments import UnmappedMethod
from stores.miva import shapes
from stores.models import Store
from stores.seti import responses

log = logging.getLogger(__name__)

MOST = 500  # waiting orders that are translated twice while somebody waits for the page


@dataclass(frozen=True)
class Document:
    """What Stone Edge gets for an order: the exact text, a form for reading, warnings, methods of payment that nobody has mapped;
    or why there is none."""

    exact: str = ""
    readable: str = ""
    warnings: tuple[str, ...] = ()
    unmapped: tuple[UnmappedMethod, ...] = ()
    problem: str = ""
    remedy: str = ""


def document(raw: Mapping[str, Any], rules: Rules) -> Document:
    """Return the very bytes that `downloadorders` answers for a batch of this order alone."""
    try:
        translation = translate(raw, rules)
        exact = responses.render_orders([translation.order]).decode()
    except CannotTranslate as error:
        return Document(problem=error.reason, remedy=error.remedy)
    except Exception:
        log.exception("an order could not be rendered for a preview")
        return Document(problem=NOT_RENDERED[0], remedy=NOT_RENDERED[1])
    return Document(exact, indented(exact), translation.warnings, translation.unmapped)


def indented(text: str) -> str:
    """Return XML with one element a line, for reading."""
    root = ElementTree.fromstring(text)  # noqa: S314  # see the import
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode")


def raw_text(raw: Mapping[str, Any]) -> str:
    """Return an order of Miva's as JSON for reading: members by name, every number with the digits that Miva sent."""
    return msgspec.json.format(shapes.encode_sorted(raw), indent=2).decode()


@dataclass(frozen=True)
class Line:
    """A line of a comparison: in both documents ("same"), only in the present one ("gone"), only in the other ("new")."""

    kind: str
    text: str


def compare(present: Document, other: Document) -> list[Line]:
    """Return both documents as one text, line by line."""
    before, after = present.readable.splitlines(), other.readable.splitlines()
    lines: list[Line] = []
    for kind, start, end, other_start, other_end in SequenceMatcher(None, before, after).get_opcodes():
        if kind == "equal":
            lines += [Line("same", text) for text in before[start:end]]
        else:
            lines += [Line("gone", text) for text in before[start:end]]
            lines += [Line("new", text) for text in after[other_start:other_end]]
    return lines


def changes(lines: list[Line], context: int = 2) -> list[Line]:
    """Return the lines of a comparison that differ, with a few around each; "skip" stands for what lies between."""
    near = {
        index + step
        for index, line in enumerate(lines)
        if line.kind != "same"
        for step in range(-context, context + 1)
    }
    shown: list[Line] = []
    for index, line in enumerate(lines):
        if index in near:
            shown.append(line)
        elif shown and shown[-1].kind != "skip":
            shown.append(Line("skip", "…"))
    return shown


@dataclass
class Effect:
    """What other settings would do to the orders that wait: counts among the first `looked_at`; `more`: there are others."""

    looked_at: int = 0
    more: bool = False
    altered: int = 0
    released: int = 0
    held: int = 0

    def note(self, before: str, after: str) -> None:
        """Count one order by what Stone Edge would get, nothing when it would be held."""
        self.looked_at += 1
        if before and after:
            self.altered += before != after
        else:
            self.released += bool(after)
            self.held += bool(before)


def effect(store: Store, present: Rules, other: Rules, most: int = MOST) -> Effect:
    """Return what other rules would do to the store's orders that are held or wait for a desktop, at most so many of them."""
    waiting = concerned(store).exclude(state=Order.State.INCOMPLETE).order_by("pk")
    result = Effect()
    for raw in waiting.values_list("raw", flat=True)[: most + 1].iterator(chunk_size=100):
        if result.looked_at == most:
            result.more = True
            break
        result.note(answer(raw, present), answer(raw, other))
    return result


def answer(raw: Mapping[str, Any], rules: Rules) -> str:
    """Return the order's XML, nothing when it would be held."""
    try:
        return responses.render_order(translate(raw, rules).order)
    except CannotTranslate:
        return ""
    except Exception:
        log.exception("an order could not be rendered for a preview")
        return ""


def unpaid(store: Store, raw: dict[str, Any]) -> bool:
    """Whether the order would wait for a payment, however well it can be translated."""
    return store.complete_only and not is_complete(raw)
