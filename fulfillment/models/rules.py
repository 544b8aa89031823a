"""How a store wants its shipments done; where nothing is entered, the defaults in `fulfillment.meanings` hold."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower

from stores.models import Store, StoreQuerySet


class Meaning(models.TextChoices):
    """What a status label of Stone Edge stands for."""

    SHIPPED = "shipped", "Shipped"
    PARTLY = "partly", "Partly shipped"
    CANCELLED = "cancelled", "Cancelled"
    BACKORDERED = "backordered", "Back-ordered"
    NOTE = "note", "Note only: kept and shown, nothing is pushed"
    IGNORE = "ignore", "Ignore"


class FulfillmentRules(models.Model):
    """A store's choices where the protocol or Miva leaves one."""

    class Packages(models.TextChoices):
        """What becomes of several packages for the same lines: a shipment of Miva's has one tracking number (§10.3)."""

        JOIN = "join", "One shipment, the tracking numbers joined by a comma"
        SPLIT = "split", "One shipment for each package, the lines are split"

    class UnknownOrders(models.TextChoices):
        """What Stone Edge is told about an order that this store does not have (SETI reference §6 row 19)."""

        REFUSE = "refuse", "Say so: Stone Edge keeps the message and sends it again"
        IGNORE = "ignore", "Answer OK"

    store = models.OneToOneField(
        Store, on_delete=models.CASCADE, primary_key=True, related_name="fulfillment_rules"
    )
    packages = models.CharField(
        "several packages",
        max_length=5,
        choices=Packages,
        default=Packages.JOIN,
        help_text="What Miva gets when the same lines leave in several packages: its shipment has one tracking number.",
    )
    cancel = models.BooleanField(
        "cancel in Miva",
        default=False,
        help_text="On: a line that is cancelled in Stone Edge is cancelled in Miva, which restores its stock.",
    )
    back_order = models.BooleanField(
        "back-order in Miva",
        default=False,
        help_text="On: a line that is back-ordered in Stone Edge is back-ordered in Miva.",
    )
    unknown_orders = models.CharField(
        max_length=6,
        choices=UnknownOrders,
        default=UnknownOrders.REFUSE,
        help_text="What Stone Edge is told about an order that is not here. Choose OK when its queue jams.",
    )

    class Meta:
        """In words."""

        verbose_name = verbose_name_plural = "shipments and status"

    def __str__(self) -> str:
        """Return what it is about."""
        return "shipments and status"


class StatusMeaning(models.Model):
    """A store's own reading of one status label, compared without case."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="status_meanings", db_index=False)
    label = models.CharField(
        max_length=200, help_text="As it is named in Stone Edge; upper and lower case are alike."
    )
    meaning = models.CharField(
        max_length=12, choices=Meaning, help_text="What the portal does in Miva when this label comes."
    )

    objects = StoreQuerySet.as_manager()

    class Meta:
        """One meaning for each label."""

        ordering: ClassVar[list[str]] = ["label"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                "store",
                Lower("label"),
                name="label_of_store",
                violation_error_message="This store has a meaning for this label already.",
            )
        ]

    def __str__(self) -> str:
        """Return the label."""
        return self.label


class CarrierMapping(models.Model):
    """A store's own tracking type for one carrier name of Stone Edge, compared without case."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="carriers", db_index=False)
    carrier = models.CharField(max_length=100, help_text="As Stone Edge names it, e.g. FX.")
    tracking_type = models.CharField(
        max_length=100, help_text="As Miva names it (Settings → Shipping → tracking link types), e.g. FedEx."
    )

    objects = StoreQuerySet.as_manager()

    class Meta:
        """One type for each carrier."""

        ordering: ClassVar[list[str]] = ["carrier"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                "store",
                Lower("carrier"),
                name="carrier_of_store",
                violation_error_message="This store has a tracking type for this carrier already.",
            )
        ]

    def __str__(self) -> str:
        """Return the carrier."""
        return self.carrier


class StoreShipping(Store):
    """A store, as far as its shipments go: what its labels and carriers mean, and what it wants done."""

    class Meta:
        """In words."""

        proxy = True
        verbose_name = "shipping of a store"
        verbose_name_plural = "shipping of stores"
        permissions = (("export_storeshipping", "Can export the shipping of stores"),)
