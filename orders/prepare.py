"""From a raw order to an unsaved row: card data removed, judged, with the columns that lists and searches need."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.db.models.base import ModelState
from django.utils import timezone

from orders.content import is_cancelled, is_complete, kept_form, skus_of
from orders.models import Order
from orders.rules import rules_for
from orders.translate import CannotTranslate, Rules, read_order
from orders.translate.payments import UnmappedMethod
from stores.models import Store

log = logging.getLogger(__name__)

UNREADABLE = (
    "Order {number} could not be read: something in it has a shape that the portal does not expect.",
    "Tell the operators the order number: the log says what it was. The order is kept as soon as it comes in a readable form.",
)


Otherwise = TypeVar("Otherwise", datetime, None)
UNREAD = ""  # the fingerprint of an order that could not be read


Read = Callable[[], dict[str, Any]]  # decodes an order, the moment before it is prepared


class Preparer:
    """Prepares the orders of one page: one store, one set of rules, one time of asking."""

    def __init__(self, store: Store, fetched_at: datetime, road: str) -> None:
        """Read the store's rules once."""
        self.store = store
        self.rules = rules_for(store)
        self.fetched_at = fetched_at
        self.shared = Order(store_id=store.pk, road=road, fetched_at=fetched_at, kept_at=timezone.now())
        self.unmapped: dict[int, tuple[UnmappedMethod, ...]] = {}  # by order number

    def prepare(self, number: int, read: Read) -> Order:
        """Return the unsaved row. Whatever is wrong with an order, it is held at worst: it never stops the others."""
        try:
            return self._prepare(number, read())
        except (SoftTimeLimitExceeded, MemoryError):
            raise  # no fault of the order's
        except Exception:  # a poisoned order must not come again and again at the head of every page
            log.exception("order %s of store %s could not be prepared", number, self.store.pk)
            reason, remedy = UNREADABLE
            order = self._row(number)
            order.raw = {"id": number}  # what could not be read may hold card data
            order.fingerprint = UNREAD
            order.state, order.reason, order.remedy = Order.State.HELD, reason.format(number=number), remedy
            order.placed_at, order.miva_status = self.fetched_at, 0
            return order

    def _prepare(self, number: int, raw: dict[str, Any]) -> Order:
        if raw.keys() == {"id"}:  # what `orders.roads.queues.on_disk` leaves of an order that it cannot read
            raise ValueError("of the order there is nothing but its number")
        raw, encoded, content_hash = kept_form(raw)
        order = self._row(number)
        order.raw, order.encoded, order.fingerprint = raw, encoded.decode(), content_hash
        order.placed_at = moment(raw.get("orderdate"), self.fetched_at)
        order.miva_status = whole(raw.get("status"))
        order.miva_updated = whole(raw.get("dt_updated"))
        order.total = cents(raw.get("total"))
        order.customer = f"{raw.get('bill_fname') or ''} {raw.get('bill_lname') or ''}".strip()[:200]
        order.email = str(raw.get("bill_email") or raw.get("ship_email") or "")[:254]
        order.skus = skus_of(raw)
        if unmapped := judge(order, self.rules, complete_only=self.store.complete_only):
            self.unmapped[number] = unmapped
        return order

    def _row(self, number: int) -> Order:
        """Return a row with what the orders of the page share, made as Django makes one from a pickle: the constructor would look
        at each field again for each order."""
        order = Order.__new__(Order)
        order.__dict__.update(self.shared.__dict__)
        order._state = ModelState()
        order.miva_id = number
        return order


INCOMPLETE = (
    "The order has no payment yet, or none that is still good: declined and voided ones do not count.",
    "Nothing to do: it is looked at again until a payment is recorded in Miva. To export such orders at once, switch "
    "'complete orders only' off on the store's page.",
)


CANCELLED = (
    "The order is cancelled in Miva: no line of it is left.",
    "Nothing to do: it goes to Stone Edge by itself if Miva has it back. If Stone Edge got it before, cancel it there, too.",
)


def is_decided_by_a_person(order: Order) -> bool:
    """Whether a person has decided to ignore the order or to hold it: a later version does not change that."""
    return order.held_by_hand or (order.state == Order.State.IGNORED and not order.cancelled)


def judge(order: Order, rules: Rules, *, complete_only: bool) -> tuple[UnmappedMethod, ...]:
    """Set where the order stands: ready for Stone Edge, held with the reason and the remedy, incomplete, or cancelled.

    What a person has decided to ignore or to hold stays so. Returns the payment methods that nobody has mapped.
    """
    if is_decided_by_a_person(order):
        return ()
    order.warnings, order.cancelled = [], is_cancelled(order.raw)
    if order.cancelled:
        order.state, (order.reason, order.remedy) = Order.State.IGNORED, CANCELLED
        return ()
    read, found = None, (Order.State.EXPORTABLE, "", "")
    try:
        read = read_order(order.raw, rules)
    except CannotTranslate as error:
        found = Order.State.HELD, error.reason, error.remedy
    # A payment that is sent is one that is good.
    if complete_only and not (read and read.payments.read) and not is_complete(order.raw):
        read, found = None, (Order.State.INCOMPLETE, *INCOMPLETE)
    order.state, order.reason, order.remedy = found
    if read is None:
        return ()
    order.warnings = list(read.warnings)
    return tuple(read.payments.unmapped)


def moment(seconds: Any, otherwise: Otherwise) -> datetime | Otherwise:
    """Return Unix seconds as a time; what is unusable becomes `otherwise`."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC) if int(seconds) > 0 else otherwise
    except (TypeError, ValueError, OverflowError, OSError, ArithmeticError):
        return otherwise


def whole(value: Any) -> int:
    """Return a number of Miva's as int; 0 when there is none."""
    try:
        return max(-(2**31), min(2**31 - 1, int(value)))
    except (TypeError, ValueError, OverflowError, ArithmeticError):
        return 0


def cents(value: Any) -> Decimal:
    """Return money in cents for the list column; 0 when it is none (the translation says what is wrong with it)."""
    try:
        amount = Decimal(str(value)).quantize(Decimal("0.01"))
        return amount if abs(amount) < Decimal(10) ** 16 else Decimal(0)
    except ArithmeticError:
        return Decimal(0)
