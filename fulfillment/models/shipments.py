"""What Miva is owed for one order: shipments, cancellations, back-orders."""

from typing import Any, ClassVar

from django.db import models

from fulfillment.models.updates import StatusUpdate
from orders.models import Order
from stores.events import Event
from stores.models import OutboxRow, Store


class Shipment(OutboxRow):
    """One shipment in Miva, or one cancellation or back-order: the outbox row, the step that it reached, Miva's id.

    The steps (Miva reference §10): lines are split where only some units go, a shipment is created, its tracking number is set
    and it is marked shipped, and all that is read back.
    """

    LANE = "order"
    EVENTS = {"done_at": Event.SHIPMENT_SENT, "parked_at": Event.SHIPMENT_FAILED}

    class Kind(models.TextChoices):
        """What is done to the lines."""

        SHIP = "ship", "shipment"
        CANCEL = "cancel", "cancellation"
        BACK_ORDER = "back_order", "back-order"

    class Step(models.TextChoices):
        """How far it got; a step that begins is noted before the call that does it."""

        NEW = "new", "not begun"
        SPLITTING = "splitting", "splitting lines"
        CREATING = "creating", "being created"
        CREATED = "created", "created"
        UPDATING = "updating", "being marked"
        VERIFIED = "verified", "read back"
        ELSEWHERE = "elsewhere", "done elsewhere"

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="shipments")
    update = models.ForeignKey(StatusUpdate, on_delete=models.SET_NULL, null=True, related_name="shipments")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.SHIP)
    step = models.CharField(max_length=10, choices=Step, default=Step.NEW)
    everything = models.BooleanField(
        default=False, help_text="The message named no lines: all that are not shipped yet are meant."
    )
    miva_id = models.BigIntegerField("shipment in Miva", null=True, blank=True)
    reason = models.TextField(blank=True, help_text="Why it is cancelled, for Miva.")
    closed_by = models.CharField(
        max_length=300, blank=True, help_text="Who marked it as done elsewhere, and why."
    )

    class Meta(OutboxRow.Meta):
        """A shipment of Miva's belongs to one row."""

        permissions = (
            ("decide_shipment", "Can push shipments again, close them and apply messages again"),
            ("export_shipment", "Can export shipments"),
        )
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["store", "miva_id"],
                condition=models.Q(miva_id__isnull=False),
                name="one_row_for_each_shipment",
            )
        ]

    def __str__(self) -> str:
        """Return what it is."""
        return f"{self.get_kind_display()} {self.pk}"

    def told(self) -> dict[str, Any]:
        """Return what subscribers are told of it."""
        return {
            "shipment": self.pk,
            "order": self.order.miva_id,
            "kind": self.kind,
            "tracking_numbers": [package.number for package in self.packages.all()],
        }

    @property
    def tracking(self) -> str:
        """The tracking numbers as Miva gets them: joined by a comma when there are several."""
        return ", ".join(package.number for package in self.packages.all())


class ShipmentLine(models.Model):
    """Units of one line that go with a shipment, and which line of Miva's that turned out to be."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="lines")
    line_id = models.BigIntegerField("line", help_text="As Stone Edge knows it: Miva's line id at export.")
    quantity = models.PositiveIntegerField()
    miva_line_id = models.BigIntegerField(
        "split off as",
        null=True,
        blank=True,
        help_text="The line that was split off for these units; blank: the line itself.",
    )
    lines_before = models.JSONField(
        default=list, help_text="The order's lines before the split: what is not among them is new."
    )

    class Meta:
        """In order of entry."""

        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        """Return units and line."""
        return f"{self.quantity} of line {self.line_id}"


class Package(models.Model):
    """One parcel with its tracking number. Known once for each order, so that it is never sent to Miva in two shipments."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+", db_index=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="packages", db_index=False)
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="packages")
    number = models.CharField("tracking number", max_length=255)
    key = models.CharField(max_length=255, help_text="The number without blanks, in upper case.")
    ref = models.CharField("package", max_length=60, blank=True, help_text="Stone Edge's PackageID.")
    carrier = models.CharField(max_length=100, blank=True, help_text="As Stone Edge names it.")
    method = models.CharField(max_length=100, blank=True)
    picked_up = models.CharField(max_length=60, blank=True)
    earlier_numbers = models.JSONField(
        default=list,
        blank=True,
        help_text="The tracking numbers that this one has replaced, the oldest first.",
    )

    class Meta:
        """The constraint is what makes a doubled message one package."""

        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["order", "key"], name="package_of_order")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["key"], opclasses=["varchar_pattern_ops"], name="package_number")
        ]

    def __str__(self) -> str:
        """Return the tracking number."""
        return self.number

    @property
    def numbers(self) -> list[str]:
        """All tracking numbers that it had, the present one last."""
        return [*self.earlier_numbers, self.number]
