"""Products of Miva and the variants that some of them are sold as."""

from decimal import Decimal
from typing import ClassVar

from django.db import models

from inventory.models.copies import Copy
from orders.models import ExactDecoder, ExactEncoder
from stores.models import Store, StoreQuerySet

LONGEST = 255


def fold(text: str) -> str:
    """Return a code or SKU as Miva compares it: whatever its case (Miva reference §6.2), without blanks around it.

    At most LONGEST characters: some letters are more than one without their case.
    """
    return text.strip().casefold()[:LONGEST]


class Product(Copy):
    """One product of a Miva store. Parts of variants are products of their own there, with code, SKU and stock (§13.2)."""

    class Role(models.TextChoices):
        """What a product is for; decided when a refresh is complete."""

        SINGLE = "single", "sold as it is"
        VARIANTS = "variants", "sold as variants"
        PART = "part", "holds a variant's stock"

    code = models.CharField(max_length=LONGEST)
    code_key = models.CharField(max_length=LONGEST, editable=False, help_text="The code as Miva compares it.")
    sku = models.CharField("SKU", max_length=LONGEST, blank=True)
    sku_key = models.CharField(
        max_length=LONGEST, blank=True, editable=False, help_text="The SKU as Miva compares it."
    )
    name = models.TextField(blank=True)
    description = models.TextField(blank=True)
    price = models.DecimalField(max_digits=20, decimal_places=8, default=Decimal(0))
    cost = models.DecimalField(max_digits=20, decimal_places=8, default=Decimal(0))
    weight = models.DecimalField(max_digits=20, decimal_places=8, default=Decimal(0))
    taxable = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    tracked = models.BooleanField("stock tracked", default=False)
    quantity = models.BigIntegerField(default=0, help_text="Stock as Miva told it; may be below zero.")
    attributes = models.JSONField(
        default=list,
        encoder=ExactEncoder,
        decoder=ExactDecoder,
        help_text="As Miva told them (Miva reference §13.1).",
    )
    role = models.CharField(max_length=10, choices=Role, default=Role.SINGLE)
    stock_product_id = models.BigIntegerField(
        null=True,
        help_text="Miva id of the product that holds the stock; none where variants have their own.",
    )

    class Meta(Copy.Meta):
        """Found by code and by SKU."""

        permissions = (("export_product", "Can export products"),)
        indexes: ClassVar[list[models.Index]] = [
            *Copy.Meta.indexes,
            models.Index(
                fields=["code_key", "store"],
                opclasses=["varchar_pattern_ops", "int8_ops"],
                name="product_code",
            ),
            models.Index(
                fields=["sku_key", "store"], opclasses=["varchar_pattern_ops", "int8_ops"], name="product_sku"
            ),
        ]

    def __str__(self) -> str:
        """Return code and name."""
        return f"{self.code} {self.name}".strip()


class Variant(models.Model):
    """A combination of options of a product, and the part products that are shipped for it (Miva reference §13.2)."""

    # No index of its own: the constraint begins with the store.
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="variants", db_index=False)
    product_id = models.BigIntegerField(help_text="Miva id of the product that is sold.")
    variant_id = models.BigIntegerField()
    options = models.JSONField(default=list, help_text="Pairs of attribute code and option code.")
    parts = models.JSONField(default=list, help_text="Pairs of a part's Miva id and its quantity.")
    part_id = models.BigIntegerField(
        null=True, help_text="The one part of quantity 1 that stands for the variant; none for a kit."
    )

    objects = StoreQuerySet.as_manager()

    class Meta:
        """Found by product, and by the part that stands for it."""

        ordering: ClassVar[list[str]] = ["product_id", "variant_id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["store", "product_id", "variant_id"], name="variant_of_product")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["store", "part_id"], name="variant_part")
        ]

    def __str__(self) -> str:
        """Return the options."""
        return ", ".join(f"{attribute}: {option}" for attribute, option in self.options)
