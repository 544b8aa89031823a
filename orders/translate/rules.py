"""What a store may decide about its orders."""

from dataclasses import dataclass
from datetime import UTC, tzinfo
from decimal import Decimal

from orders.translate.methods import STANDARD_METHODS, PaymentMethod

IDENTIFIERS = ("code", "sku")
KITS = ("parent", "parts")
DISCOUNTS = ("entries", "lines")
DESTINATIONS = ("comments", "instructions", "gift_message", "nowhere")
CUSTOM_FIELDS_AS = ("block", "comments")
CUSTOM_FIELD_ACTIONS = ("rename", "drop", "comment")
LINE_BREAKS = ("space", "crlf")

LONGEST_SKU = 255  # SETI reference §3.1.3


@dataclass(frozen=True, slots=True)
class CustomFieldRule:
    """What happens to one custom order field of Miva (Miva reference §11).

    ``module`` and ``code``: which field, capitals or not; a blank module means the field's code in any
    module. ``action``: "rename" sends it under ``name``, "drop" leaves it out, "comment" writes it into the
    comments, labelled by ``name`` or else its code. ValueError when it makes no sense.
    """

    module: str
    code: str
    action: str
    name: str = ""

    def __post_init__(self) -> None:
        if not self.code.strip():
            raise ValueError("A custom field rule needs the field's code; the module may be blank.")
        one_of("action", self.action, CUSTOM_FIELD_ACTIONS)
        if self.action == "rename" and not self.name.strip():
            raise ValueError(f"The custom field {self.code!r} is renamed to nothing; give it a name.")


@dataclass(frozen=True, slots=True)
class Rules:
    """A store's settings for the translation; ValueError, naming the setting, when one makes no sense.

    ``identifier``: which of Miva's two names is sent as SKU, "code" or "sku". ``kits``: "parent" sends the
    kit as one line, "parts" adds each part as a line of its own at 0.00 (Miva's Stone Edge guide, "Kit
    Products"). ``time_zone``: of the store, for the order date. ``tolerance``: the largest difference between
    the parts and the grand total that becomes a rounding entry instead of holding the order.

    ``discounts``: order discounts and coupons as "entries" (``Discount``, ``Coupon``) or as "lines" with a
    negative price under ``discount_sku`` and ``coupon_sku`` (guide, "Order Level Discount/Coupons").

    ``notes_to``, ``comments_to``, ``gift_message_to``: the element that receives Miva's order notes, and the
    shopper's comments and gift message where the checkout asks for them in custom fields: "comments"
    (``Comments``, not printed), "instructions" (``OrderInstructions``, printed on the invoice),
    "gift_message" (``GiftMessage``) or "nowhere" (SETI reference §3.1.7). The custom fields themselves are
    sent as custom fields besides.

    ``custom_field_rules``: renamed, dropped and redirected fields. ``custom_fields_as``: "block"
    (``CustomFields``) or, for a desktop that cannot read it, "comments". ``signifyd_field``: "module:code" of
    the field with Signifyd's decision, blank to look where it is known to be.

    ``ascii_only``: write every text in ASCII. ``line_breaks``: breaks inside a text as a "space" or "crlf"
    (SETI reference §1.4 rule 8). ``payment_methods``: how payment modules are recognised.
    """

    identifier: str = "code"
    kits: str = "parent"
    time_zone: tzinfo = UTC
    tolerance: Decimal = Decimal("0.02")
    discounts: str = "entries"
    discount_sku: str = "DISCOUNT"
    coupon_sku: str = "COUPON"
    notes_to: str = "comments"
    comments_to: str = "comments"
    gift_message_to: str = "gift_message"
    custom_field_rules: tuple[CustomFieldRule, ...] = ()
    custom_fields_as: str = "block"
    signifyd_field: str = ""
    ascii_only: bool = False
    line_breaks: str = "space"
    payment_methods: tuple[PaymentMethod, ...] = STANDARD_METHODS

    def __post_init__(self) -> None:
        for name, choices in CHOICES:
            one_of(name, getattr(self, name), choices)
        if not self.tolerance.is_finite() or self.tolerance < 0:
            raise ValueError(f"tolerance is {self.tolerance}; it must be 0.00 or more.")
        for name in ("discount_sku", "coupon_sku"):
            a_sku(name, getattr(self, name))
        module, _, code = self.signifyd_field.partition(":")
        if self.signifyd_field and not (module.strip() and code.strip()):
            raise ValueError(
                f"signifyd_field is {self.signifyd_field!r}; it must be Miva's module and field code, as in "
                "'customfields:signifyd', or blank."
            )


CHOICES = (
    ("identifier", IDENTIFIERS),
    ("kits", KITS),
    ("discounts", DISCOUNTS),
    ("notes_to", DESTINATIONS),
    ("comments_to", DESTINATIONS),
    ("gift_message_to", DESTINATIONS),
    ("custom_fields_as", CUSTOM_FIELDS_AS),
    ("line_breaks", LINE_BREAKS),
)


def one_of(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ValueError unless the value is one of the choices."""
    if value not in choices:
        *others, last = [repr(choice) for choice in choices]
        raise ValueError(f"{name} is {value!r}; it must be {', '.join(others)} or {last}.")


def a_sku(name: str, value: str) -> None:
    """Raise ValueError unless the value can be sent as a SKU."""
    if not value.strip() or len(value) > LONGEST_SKU or not value.isprintable():
        raise ValueError(f"{name} is {value!r}; it must be a SKU of 1 to {LONGEST_SKU} characters.")
