"""What a store decides about its orders on their way to Stone Edge, beyond what stands on the store itself."""

from decimal import Decimal
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Lower

from orders.translate.rules import LONGEST_SKU, CustomFieldRule
from stores.fields import by_whom
from stores.models import Store, StoreQuerySet

MODULE_AND_CODE = RegexValidator(
    r"^[^:\s]+:[^:\s]+$",
    "Write Miva's module and field code with a colon between them, as in customfields:signifyd, or leave the box empty.",
)


def check_sku(sku: str) -> None:
    """Raise ValidationError for a SKU that cannot be typed into Stone Edge."""
    if not sku.strip() or not sku.isprintable():
        raise ValidationError("Enter a SKU of letters, digits and signs, without line breaks.")


class TranslationSettings(models.Model):
    """A store's settings for `orders.translate.Rules`. A store without a row has the defaults below.

    Identifier, kits and time zone stand on the store.
    """

    class Discounts(models.TextChoices):
        """How order discounts and coupons arrive (guide, "Order Level Discount/Coupons")."""

        ENTRIES = "entries", "Discount and coupon entries of their own"
        LINES = "lines", "Order lines with a negative price"

    class Destination(models.TextChoices):
        """Which element of Stone Edge's order receives a text (SETI reference §3.1.7)."""

        COMMENTS = "comments", "Comments (inside the office)"
        INSTRUCTIONS = "instructions", "Order instructions (printed on the invoice)"
        GIFT_MESSAGE = "gift_message", "Gift message"
        NOWHERE = "nowhere", "Nowhere: left out"

    class CustomFieldsAs(models.TextChoices):
        """How custom order fields are sent (SETI reference §3.1.8)."""

        BLOCK = "block", "Custom fields"
        COMMENTS = "comments", "Lines in the comments"

    class LineBreaks(models.TextChoices):
        """What becomes of a line break inside a text (SETI reference §1.4 rule 8)."""

        SPACE = "space", "A space"
        CRLF = "crlf", "A Windows line break (CR LF)"

    store = models.OneToOneField(
        Store, on_delete=models.CASCADE, primary_key=True, related_name="translation_settings"
    )
    tolerance = models.DecimalField(
        "rounding tolerance",
        max_digits=6,
        decimal_places=2,
        default=Decimal("0.02"),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))],
        help_text="When an order's parts do not add up to its total in Miva: up to this amount the difference is sent as a "
        "rounding entry, beyond it the order is held.",
    )
    discounts = models.CharField(
        "order discounts and coupons",
        max_length=10,
        choices=Discounts,
        default=Discounts.ENTRIES,
        help_text="Discounts on a single item are in its price already and are named in the comments.",
    )
    discount_sku = models.CharField(
        "SKU of discount lines",
        max_length=LONGEST_SKU,
        default="DISCOUNT",
        validators=[check_sku],
        help_text="Used when discounts are sent as order lines: a product with this SKU must exist in Stone Edge.",
    )
    coupon_sku = models.CharField(
        "SKU of coupon lines",
        max_length=LONGEST_SKU,
        default="COUPON",
        validators=[check_sku],
        help_text="Used when coupons are sent as order lines: a product with this SKU must exist in Stone Edge.",
    )
    notes_to = models.CharField(
        "order notes go to",
        max_length=12,
        choices=Destination,
        default=Destination.COMMENTS,
        help_text="Notes that people wrote in Miva. Comments can keep Stone Edge from approving an order by itself.",
    )
    comments_to = models.CharField(
        "the shopper's comments go to",
        max_length=12,
        choices=Destination,
        default=Destination.COMMENTS,
        help_text="What the checkout asks for in custom fields such as comments or order_instructions.",
    )
    gift_message_to = models.CharField(
        "gift messages go to",
        max_length=12,
        choices=Destination,
        default=Destination.GIFT_MESSAGE,
        help_text="What the checkout asks for in custom fields such as gift_message.",
    )
    custom_fields_as = models.CharField(
        "custom fields are sent as",
        max_length=10,
        choices=CustomFieldsAs,
        default=CustomFieldsAs.BLOCK,
        help_text="Custom fields: the merchant enters Miva's field code in Stone Edge, Settings → Data Functions → Setup Custom "
        "Fields. Lines in the comments: for a Stone Edge that cannot read them.",
    )
    signifyd_field = models.CharField(
        "Signifyd's decision",
        max_length=200,
        blank=True,
        validators=[MODULE_AND_CODE],
        help_text="The Miva field that holds it; it is sent as SignifydGuaranteeDisposition. Empty: the field of the Signifyd "
        "module, when the order has one.",
    )
    ascii_only = models.BooleanField(
        "plain letters only",
        default=False,
        help_text="é becomes e, ß becomes ss: for a Stone Edge that shows such letters wrongly.",
    )
    line_breaks = models.CharField(
        "line breaks inside a text become",
        max_length=10,
        choices=LineBreaks,
        default=LineBreaks.SPACE,
        help_text="In comments, instructions and gift messages.",
    )
    version = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text="Moved by every save, so that nobody overwrites what he has not seen.",
    )
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = by_whom(editable=False)

    objects = StoreQuerySet.as_manager()

    class Meta:
        """Settings have no plural."""

        verbose_name = verbose_name_plural = "translation settings"

    def __str__(self) -> str:
        """Return the store's key."""
        return f"translation of {self.store_id}"


# The settings that bear the name of the rule that they set.
RULES = (
    *("tolerance", "discounts", "discount_sku", "coupon_sku", "notes_to", "comments_to", "gift_message_to"),
    *("custom_fields_as", "signifyd_field", "ascii_only", "line_breaks"),
)


class CustomFieldMapping(models.Model):
    """What happens to one custom order field of the store; a field without a mapping goes out under Miva's code."""

    class Action(models.TextChoices):
        """What happens to the field's value."""

        RENAME = "rename", "Send under another name"
        DROP = "drop", "Leave out"
        COMMENT = "comment", "Write into the comments"

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="custom_field_mappings")
    module = models.CharField(
        max_length=100,
        blank=True,
        help_text="Code of the Miva module; blank: whichever module has the field.",
    )
    code = models.CharField(max_length=100, help_text="Miva's field code.")
    action = models.CharField(max_length=10, choices=Action)
    name = models.CharField(
        max_length=100,
        blank=True,
        help_text="The field's name in Stone Edge, or its label in the comments.",
    )

    objects = StoreQuerySet.as_manager()

    class Meta:
        """One mapping for a field; Miva reads field codes without regard to capitals (Miva reference §11)."""

        ordering: ClassVar[list[str]] = ["module", "code"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("store", Lower("module"), Lower("code"), name="mapping_of_custom_field")
        ]

    def __str__(self) -> str:
        """Return the field as support writes it."""
        return f"{self.module}:{self.code}" if self.module else self.code

    def clean(self) -> None:
        """Refuse a field that is renamed to nothing; a field that is left out has no name."""
        if self.action == self.Action.DROP:
            self.name = ""
        if self.action == self.Action.RENAME and not self.name.strip():
            raise ValidationError({"name": f"Enter the name that {self} has in Stone Edge."})

    @property
    def rule(self) -> CustomFieldRule:
        """The mapping as the translation takes it."""
        return CustomFieldRule(self.module, self.code, self.action, self.name)


class CustomField(models.Model):
    """A custom order field that Miva has told of (Miva reference §11): what the boxes of a mapping offer."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="custom_fields")
    module = models.CharField(max_length=100, help_text="Code of the Miva module that the field belongs to.")
    code = models.CharField(max_length=100)
    name = models.CharField(max_length=255, blank=True)
    type = models.CharField(max_length=60, blank=True, help_text="As Miva names it: text, checkbox, price.")
    group = models.CharField(max_length=255, blank=True, help_text="The module's name in Miva.")
    seen_at = models.DateTimeField(help_text="When Miva last listed it.")

    objects = StoreQuerySet.as_manager()

    class Meta:
        """By module, the merchant's own fields among them."""

        ordering: ClassVar[list[str]] = ["store", "module", "code"]
        permissions = (("export_customfield", "Can export custom fields"),)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["store", "module", "code"], name="custom_field_of_store")
        ]

    def __str__(self) -> str:
        """Return the field as support writes it."""
        return f"{self.module}:{self.code}"
