"""How payment modules become payments of Stone Edge where the standard is not enough, and what nobody has mapped yet."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone

from orders.translate.cards import plain_key
from orders.translate.methods import DataKeys, Kind, PaymentMethod
from orders.translate.patterns import description_problem, module_problem
from orders.translate.payments import UnmappedMethod
from stores.fields import by_whom
from stores.models import Store, StoreQuerySet


def check_module(pattern: str) -> None:
    """Refuse a pattern that fits no module code. Raises ValidationError."""
    if problem := module_problem(pattern):
        raise ValidationError(problem)


def check_description(pattern: str) -> None:
    """Refuse a pattern without a meaning. Raises ValidationError."""
    if problem := description_problem(pattern):
        raise ValidationError(problem)


def check_keys(names: str) -> None:
    """Refuse names of payment data keys without a letter or digit. Raises ValidationError."""
    for name in names.split(","):
        if name.strip() and not plain_key(name):
            raise ValidationError(
                f"'{name.strip()}' has no letter and no digit. Write the key as Miva names it."
            )


NO_MODULE = "without a module code"
KEY: dict[str, Any] = {"max_length": 200, "blank": True, "validators": [check_keys]}


class PaymentMapping(models.Model):
    """A row of the payment table: a store's own row is asked before one for all stores, that before the standard.

    Rows of the same kind are asked by `position`. Source: Miva reference §12.2, SETI reference §3.1.4.
    """

    class Element(models.TextChoices):
        """Stone Edge's payment elements."""

        CARD = Kind.CARD.value, "Credit card"
        PAYPAL = Kind.PAYPAL.value, "PayPal"
        STORE_CREDIT = Kind.STORE_CREDIT.value, "Store credit"
        CHECK = Kind.CHECK.value, "Check"
        COD = Kind.COD.value, "COD"
        PURCHASE_ORDER = Kind.PURCHASE_ORDER.value, "Purchase order"
        GIFT_CARD = Kind.GIFT_CARD.value, "Gift card"
        GENERIC = Kind.GENERIC.value, "Generic payment"

    store = models.ForeignKey(
        Store,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="payment_mappings",
        help_text="Blank: for all stores. A store's own mapping is asked before one for all stores.",
    )
    enabled = models.BooleanField(default=True, help_text="Off: the mapping is not asked.")
    position = models.PositiveSmallIntegerField(
        default=100,
        validators=[MaxValueValidator(32_000)],
        help_text="Lower numbers are asked first; the first mapping that fits decides.",
    )
    module = models.CharField(
        "module code",
        max_length=200,
        blank=True,
        validators=[check_module],
        help_text="Of the payment module in Miva, such as authnet* or braintree. * stands for any characters, ? for one; "
        "part several with commas. Blank: every module.",
    )
    description = models.CharField(
        "description or card brand",
        max_length=200,
        blank=True,
        validators=[check_description],
        help_text="Words that stand in the payment's description, card brand or module name, such as apple pay. "
        "Part several with commas. Blank: whatever they say.",
    )
    without_module = models.BooleanField(
        "only without a module code",
        default=False,
        help_text="Only payments that have no module code, because their module was uninstalled in Miva.",
    )
    element = models.CharField(
        "Stone Edge payment", max_length=20, choices=Element, help_text="What it becomes in Stone Edge."
    )
    name = models.CharField(
        "method name",
        max_length=100,
        blank=True,
        help_text="Credit card: the card type exactly as Stone Edge has it; blank: from the card brand. Generic payment "
        "and store credit: the name; blank: Miva's own. The others have none.",
    )
    last_four_key = models.CharField(
        "last four key", **KEY, help_text="Payment data key with the card's last four digits."
    )
    expiry_key = models.CharField(
        "expiry key", **KEY, help_text="Payment data key with the card's expiry date."
    )
    authorization_key = models.CharField(
        "authorization code key",
        **KEY,
        help_text="Payment data key with the gateway's approval or authorization code.",
    )
    transaction_key = models.CharField(
        "transaction id key",
        **KEY,
        help_text="Payment data key with the transaction id; blank: Miva's reference number.",
    )
    avs_key = models.CharField(
        "AVS key", **KEY, help_text="Payment data key with the result of the address check."
    )
    cvv_result_key = models.CharField(
        "CVV result key", **KEY, help_text="Payment data key with the result of the card code check."
    )

    objects = StoreQuerySet.as_manager()

    class Meta:
        """In the order in which they are asked."""

        ordering: ClassVar[list[str]] = ["position", "pk"]
        permissions = (("export_paymentmapping", "Can export payment mappings"),)

    def __str__(self) -> str:
        """Return what it recognises and what that becomes."""
        return f"{self.recognised} → {self.get_element_display()}"

    @property
    def recognised(self) -> str:
        """What it recognises, in words."""
        return " / ".join(filter(None, (self.module, self.description, NO_MODULE * self.without_module)))

    def clean(self) -> None:
        """Refuse a mapping that would fit every payment, or none. Raises ValidationError."""
        if self.without_module and self.module.strip():
            raise ValidationError(
                {
                    "module": "This would fit no payment: leave the module code blank, or take the mark off "
                    "'only without a module code'."
                }
            )
        if not self.description.strip() and not self.module.replace("*", "").replace(",", "").strip():
            raise ValidationError(
                {"module": "This would fit every payment. Enter a module code, or words of the description."}
            )

    @property
    def method(self) -> PaymentMethod:
        """The row as the translation takes it."""
        return PaymentMethod(
            Kind(self.element),
            self.name.strip(),
            self.module,
            self.description,
            DataKeys(
                last_four=keys(self.last_four_key),
                expiry=keys(self.expiry_key),
                authorization=keys(self.authorization_key),
                transaction=keys(self.transaction_key),
                avs=keys(self.avs_key),
                cvv_result=keys(self.cvv_result_key),
            ),
            without_module=self.without_module,
        )


def keys(names: str) -> tuple[str, ...]:
    """Return the names between the commas as the translation compares them."""
    return tuple(key for key in map(plain_key, names.split(",")) if key)


class UnmappedPayment(models.Model):
    """A payment method that came with orders of a store and is in no row of the table: it is sent as a generic payment."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="unmapped_payments")
    module = models.CharField("module code", max_length=60, blank=True)
    description = models.CharField("description or card brand", max_length=100, blank=True)
    first_seen = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now)
    count = models.PositiveIntegerField("payments", default=0)
    order_number = models.BigIntegerField("example order")
    dismissed_at = models.DateTimeField(
        null=True, help_text="When somebody decided that there is nothing to map: a generic payment is right."
    )
    dismissed_because = models.CharField("reason", max_length=200, blank=True, default="", db_default="")
    dismissed_by = by_whom()

    objects = StoreQuerySet.as_manager()

    class Meta:
        """One row for each method of a store, however often it comes."""

        ordering: ClassVar[list[str]] = ["-pk"]
        permissions = (("export_unmappedpayment", "Can export unmapped payments"),)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["store", "module", "description"], name="unmapped_of_store")
        ]

    def __str__(self) -> str:
        """Return the module and what the payment says."""
        return str(UnmappedMethod(self.module, self.description))
