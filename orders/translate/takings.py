"""Which of Miva's payment records are money: one entry per real payment (Miva reference §12.1)."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from msgspec import Struct

from orders.translate.errors import Unreadable, shown
from orders.translate.members import ZERO, Row, cents, optional_amount, rounded, rows, text, unix_time, whole
from orders.translate.patterns import module_code

DECLINED = 0
AUTHORIZATIONS = (1, 3)
CAPTURES = (2, 4)
SALE = 5
REFUND = 6
VOID = 7
EXTERNAL_REFUND = (
    "externalrefund"  # the module of refunds that were made outside of Miva (Miva reference §12.4)
)
UNKNOWN_TYPE = (
    "Payment {} is of the unknown type {} and is not sent. Look at it in Miva, and enter it in Stone Edge if it is "
    "money."
)
VOID_OF_NOTHING = (
    "Payment {} is a void of {} that ends none of the order's other payments, which are all sent. "
    "Look at the order's payments in Miva before it is charged or shipped."
)


class Taking(Struct):
    """One real payment: an authorization with its captures, a sale, or a capture that stands alone."""

    row: Row
    authorized: Decimal = ZERO
    captured: Decimal = ZERO
    captures: list[Row] = []

    @property
    def amount(self) -> Decimal:
        """The money that moved; as long as none has, what was authorized."""
        return self.captured or self.authorized

    @property
    def covered(self) -> Decimal:
        """How much of the order it pays for, whether or not all of it was captured yet."""
        return max(self.captured, self.authorized)

    @property
    def taken_by_now(self) -> Decimal:
        """What Miva says is no longer available; all of it, when an older store does not say."""
        return self.authorized - rounded(optional_amount(self.row, "available") or ZERO)

    @property
    def is_captured(self) -> bool:
        return self.captured > 0

    @property
    def reference(self) -> str:
        """The gateway's reference of the captured money, else of the authorization."""
        return next((text(row, "refnum") for row in (*self.captures, self.row) if text(row, "refnum")), "")


class Takings(Struct):
    """An order's payments in the order of time, and what else its records tell; ``voids``: those that ended no payment."""

    taken: list[Taking] = []
    refunds: list[Row] = []
    voids: list[Row] = []
    warnings: list[str] = []


def read_takings(raw: Row) -> Takings:
    """Walk the records as they happened: captures join their authorization, voids end it, refunds stand aside."""
    takings = Takings()
    for row in sorted(rows(raw, "payments"), key=moment_of):
        add_record(takings, row)
    takings.warnings += [uncaptured for taking in takings.taken for uncaptured in remainder(taking)]
    if takings.taken:
        takings.warnings += [
            VOID_OF_NOTHING.format(name_of(row), record_amount(row)) for row in takings.voids
        ]
    return takings


def add_record(takings: Takings, row: Row) -> None:
    kind = kind_of(row)
    if kind in AUTHORIZATIONS:
        takings.taken.append(Taking(row, authorized=record_amount(row)))
    elif kind in CAPTURES:
        add_capture(takings, row)
    elif kind == SALE:
        takings.taken.append(Taking(row, captured=record_amount(row)))
    elif kind == REFUND:
        takings.refunds.append(row)
    elif kind == VOID:
        drop_voided(takings, row)
    elif kind != DECLINED:
        takings.warnings.append(UNKNOWN_TYPE.format(name_of(row), kind))


def moment_of(row: Row) -> tuple[int, int]:
    """When the record was made, and its number, which tells records of one second apart."""
    try:
        return unix_time(row, "dtstamp"), whole(row, "id")
    except Unreadable as problem:
        raise problem.at(f"payment {name_of(row)}") from None


def kind_of(row: Row) -> int:
    """The type of the record; an older store that names none is taken to mean a payment made."""
    module = row.get("module")
    if isinstance(module, dict) and module_code(text(module, "code")) == EXTERNAL_REFUND:
        return REFUND
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
    """Authorizations of the same module: with the same reference, with enough left, or still untouched.

    Of those with enough left, first the ones whose available amount shows that as much was taken.
    """
    same_module = [taking for taking in taken if taking.authorized and same(taking.row, row, "pay_id")]
    reference = text(row, "refnum")
    yield from (taking for taking in same_module if reference and text(taking.row, "refnum") == reference)
    enough = [taking for taking in same_module if taking.authorized - taking.captured >= amount]
    yield from (taking for taking in enough if taking.taken_by_now >= taking.captured + amount)
    yield from enough
    yield from (taking for taking in same_module if not taking.captured)


def drop_voided(takings: Takings, void: Row) -> None:
    """A void ends the payment or the capture with its reference, else an exhausted payment of its module.

    One of 0.00 that names no capture ends what is not captured; what is captured counts in Miva until it is refunded (Miva
    reference §7.2, §12.3). Some modules turn the record itself into a void: then nothing else is dropped, because a later
    payment of the same module still has its amount available.
    """
    amount = abs(record_amount(void))
    taking = next(voided_by(takings.taken, void, amount), None)
    if taking is None:
        takings.voids.append(void)
        return
    uncaptured = taking.authorized - taking.captured
    if capture := voided_capture(taking, void, amount, uncaptured):
        taking.captures.remove(capture)
        taking.captured -= record_amount(capture)
        taking.authorized = max(taking.authorized - record_amount(capture), ZERO)
    elif uncaptured > amount > 0 or (taking.captured and uncaptured == amount > 0):
        taking.authorized -= amount  # a part of what is authorized and not captured
    elif not taking.authorized and taking.captured > amount > 0:
        taking.captured -= amount  # a part of a sale
    elif taking.captures and not amount:
        takings.voids += [] if uncaptured > 0 else [void]
        taking.authorized = taking.captured
    else:
        taking.authorized = taking.captured = ZERO
    if not taking.covered:
        takings.taken = [each for each in takings.taken if each is not taking]


def voided_capture(taking: Taking, void: Row, amount: Decimal, uncaptured: Decimal) -> Row | None:
    """The capture that a void names, best one of its amount; None when it means the authorization.

    Where the captures have the reference of their authorization, what is not captured yet is voided first.
    """
    named = [row for row in taking.captures if same_reference(row, void)]
    if same_reference(taking.row, void):
        named = [row for row in named if record_amount(row) == amount and uncaptured < amount]
    return min(named, key=lambda row: record_amount(row) != amount, default=None)


def voided_by(taken: Iterable[Taking], void: Row, amount: Decimal) -> Iterator[Taking]:
    """The payments of the void's module that it may mean: by reference, else what is exhausted and as large."""
    same_module = [taking for taking in taken if same(taking.row, void, "pay_id")]
    for taking in same_module:
        if any(same_reference(row, void) for row in (taking.row, *taking.captures)):
            yield taking
    for taking in same_module:
        if not taking.captures and taking.amount == amount and exhausted(taking.row):
            yield taking


def same_reference(row: Row, other: Row) -> bool:
    reference = text(other, "refnum")
    return bool(reference) and text(row, "refnum") == reference


def exhausted(row: Row) -> bool:
    available = optional_amount(row, "available")
    return available is None or not rounded(available)


def same(row: Row, other: Row, name: str) -> bool:
    return text(row, name) == text(other, name)


def remainder(taking: Taking) -> list[str]:
    """A sentence about an authorization that was captured in part."""
    if not 0 < taking.captured < taking.authorized:
        return []
    return [
        f"Payment {name_of(taking.row)} was authorized over {taking.authorized}; only the {taking.captured} captured so far "
        f"are sent. Capture or void the other {taking.authorized - taking.captured} in Miva."
    ]
