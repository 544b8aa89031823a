"""What a store may decide about its orders."""

from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from decimal import Decimal

from orders.translate.methods import STANDARD_METHODS, PaymentMethod


@dataclass(frozen=True, slots=True)
class Rules:
    """A store's settings for the translation.

    ``identifier``: which of Miva's two names is sent as SKU, "code" or "sku". ``kits``: "parent" sends the
    kit as one line, "parts" adds each part as a line of its own at 0.00 (Miva's Stone Edge guide, "Kit
    Products"). ``time_zone``: of the store, for the order date. ``tolerance``: the largest difference between
    the parts and the grand total that becomes a rounding entry instead of holding the order.
    ``custom_field_names``: other names for custom fields, by "module:code". ``payment_methods``: how payment
    modules are recognised.
    """

    identifier: str = "code"
    kits: str = "parent"
    time_zone: tzinfo = UTC
    tolerance: Decimal = Decimal("0.02")
    custom_field_names: dict[str, str] = field(default_factory=dict)
    payment_methods: tuple[PaymentMethod, ...] = STANDARD_METHODS

    def __post_init__(self) -> None:
        if self.identifier not in ("code", "sku"):
            raise ValueError(f"identifier is {self.identifier!r}; it must be 'code' or 'sku'.")
        if self.kits not in ("parent", "parts"):
            raise ValueError(f"kits is {self.kits!r}; it must be 'parent' or 'parts'.")
