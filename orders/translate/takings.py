"""Which of Miva's payment records are money: one entry per real payment (Miva reference §12.1)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from orders.translate.errors import Unreadable, shown
from orders.translate.members import ZERO, Row, cents, optional_amount, rounded, rows, text, whole

DECLINED = 0
AUTHORIZATIONS = (1, 3)
CAPTURES = (2, 4)
SALE = 5
REFUND = 6
VOID = 7


@dataclass(slots=True)
class Taking:
    """One real payment: an authorization with its captures, a sale, or a capture that stands alone."""

    row: Row
    authorized: Decimal = ZERO
    captured: Decimal = ZERO
    captures: list[Row] = field(default_factory=list)

    @property
    def amount(self) -> Decimal:
        """The money that moved; as long as none has, what was authorized."""
        return self.captured or self.authorized

    @property
    def is_captured(self) -> bool:
        return self.captured > 0

    @property
    def reference(self) -> str:
        """The gateway's reference of the captured money, else of the authorization."""
        return next((text(row, "refnum") for row in (*self.captures, self.row) if text(row, "refnum")), "")


@dataclass(slots=True)
class Takings:
    """An order's payments in Miva's order, and what else its records tell."""

    taken: list[Taking] = field(default_factory=list)
    refunds: list[Row] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_takings(raw: Row) -> Takings:
    """Sort the records: captures to their authorization, voided and declined ones out, refunds aside."""
    takings = Takings()
    voids: list[Row] = []
    captures: list[Row] = []
    for row in rows(raw, "payments"):
        kind = kind_of(row)
        if kind in AUTHORIZATIONS:
            takings.taken.append(Taking(row, authorized=record_amount(row)))
        elif kind in CAPTURES:
            captures.append(row)
        elif kind == SALE:
            takings.taken.append(Taking(row, captured=record_amount(row)))
        elif kind == REFUND:
            takings.refunds.append(row)
        elif kind == VOID:
            voids.append(row)
        elif kind != DECLINED:
            takings.warnings.append(f"Payment {name_of(row)} is of the unknown type {kind} and is not sent.")
    for capture in captures:
        add_capture(takings, capture)
    for void in voids:
        drop_voided(takings, void)
    takings.warnings += [uncaptured for taking in takings.taken for uncaptured in remainder(taking)]
    return takings


def kind_of(row: Row) -> int:
    """The type of the record; an older store that names none is taken to mean a payment made."""
    try:
        return whole(row, "type", SALE)
    except Unreadable as problem:
        raise problem.at(f"payment {name_of(row)}") from None


def record_amount(row: Row) -> Decimal:
    try:
        return cents(row, "amount")
    except Unreadable as problem:
        raise problem.at(f"payment {name_of(row)}") from None


def name_of(row: Row) -> str:
    return shown(row.get("id"))


def add_capture(takings: Takings, row: Row) -> None:
    """A capture belongs to its authorization; without one it is a payment of its own."""
    amount = record_amount(row)
    taking = next(authorizations_for(takings.taken, row, amount), None)
    if taking is None:
        takings.taken.append(Taking(row, captured=amount))
    else:
        taking.captured += amount
        taking.captures.append(row)


def authorizations_for(taken: Iterable[Taking], row: Row, amount: Decimal) -> Iterator[Taking]:
    """Authorizations of the same module: with the same reference, with enough left, or still untouched."""
    same_module = [taking for taking in taken if taking.authorized and same(taking.row, row, "pay_id")]
    reference = text(row, "refnum")
    yield from (taking for taking in same_module if reference and text(taking.row, "refnum") == reference)
    yield from (taking for taking in same_module if taking.authorized - taking.captured >= amount)
    yield from (taking for taking in same_module if not taking.captured)


def drop_voided(takings: Takings, void: Row) -> None:
    """A void ends the payment with its reference, else an exhausted authorization of its module.

    Some modules turn the record itself into a void: then nothing else is dropped, because a later
    authorization of the same module still has its amount available.
    """
    reference, amount = text(void, "refnum"), record_amount(void)
    same_module = [taking for taking in takings.taken if same(taking.row, void, "pay_id")]
    voided = [taking for taking in same_module if reference and text(taking.row, "refnum") == reference] or [
        taking
        for taking in same_module
        if not taking.captured and taking.authorized == amount and exhausted(taking.row)
    ]
    if voided:
        takings.taken = [taking for taking in takings.taken if taking is not voided[0]]


def exhausted(row: Row) -> bool:
    available = optional_amount(row, "available")
    return available is None or not rounded(available)


def same(row: Row, other: Row, name: str) -> bool:
    return text(row, name) == text(other, name)


def remainder(taking: Taking) -> list[str]:
    """A sentence about an authorization that was captured in part."""
    if not taking.captured or taking.captured >= taking.authorized:
        return []
    return [
        f"Payment {name_of(taking.row)} was authorized over {taking.authorized}; only the {taking.captured} "
        "captured so far are sent."
    ]
