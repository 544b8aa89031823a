"""Who a merchant is, and both wires he is reached by."""

import uuid
import zoneinfo
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from stores.fields import EncryptedTextField
from stores.miva.addresses import check_endpoint


def check_time_zone(name: str) -> None:
    """Raise ValidationError unless the name is in the IANA time zone database."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            f"'{name}' is not a time zone. Use a name like America/Los_Angeles or Europe/Berlin."
        )


class StoreQuerySet(models.QuerySet[Any]):
    """Rows that belong to one store: the tenant comes first in every query."""

    def of(self, store: "Store | int") -> "StoreQuerySet":
        """Return the rows of this store."""
        return self.filter(store=store)


class Merchant(models.Model):
    """A tenant: the business that sells through one or more Miva stores."""

    name = models.CharField(max_length=120, unique=True, help_text="The merchant's business name.")
    slug = models.SlugField(max_length=60, unique=True, help_text="Short name for addresses and commands.")
    contact_name = models.CharField(max_length=120, blank=True, help_text="Whom to call.")
    contact_email = models.EmailField(blank=True)
    time_zone = models.CharField(
        max_length=64,
        default="America/New_York",
        validators=[check_time_zone],
        help_text="Of the merchant's office, e.g. America/Chicago.",
    )
    active = models.BooleanField(
        default=True, help_text="Off: no store of this merchant is pulled, no desktop may log in."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Alphabetical."""

        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        """Return the business name."""
        return self.name


class Store(models.Model):
    """One Miva store and how it is reached, pulled and translated."""

    class Digest(models.TextChoices):
        """How a request is signed (Miva reference §2)."""

        SHA256 = "sha256", "HMAC-SHA256"
        SHA1 = "sha1", "HMAC-SHA1"
        NONE = "none", "not signed"

    class Identifier(models.TextChoices):
        """What Stone Edge knows a product by (guide: "Choose Product SKU or Product Code as unique identifier")."""

        CODE = "code", "Product code"
        SKU = "sku", "Product SKU"

    class Kits(models.TextChoices):
        """How kits arrive in Stone Edge (guide, "Kit Products")."""

        PARENT = "parent", "Kit only; Stone Edge's Kit Builder adds the parts"
        PARTS = "parts", "Kit with its price and each part at 0.00"

    class Strategy(models.TextChoices):
        """How orders are asked for (guide "Requesting Orders")."""

        QUEUE_ACK = "queue_ack", "Order queue with acknowledgement"
        QUEUE = "queue", "Order queue without acknowledgement"
        DATE = "date", "Date range"
        UPDATED = "updated", "Last update (Miva 10.03 or newer)"
        NUMBER = "number", "Order number with overlap"

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="stores")
    name = models.CharField(max_length=120, help_text="How the merchant calls this store.")
    slug = models.SlugField(max_length=60, unique=True, help_text="Short name for commands and addresses.")
    endpoint = models.URLField(
        "endpoint URL",
        max_length=300,
        help_text="Complete address of json.mvc, e.g. https://www.example.com/mm5/json.mvc.",
    )
    store_code = models.CharField(max_length=60, help_text="Miva's store code.")
    token = EncryptedTextField(
        "API token", blank=True, default="", help_text="Miva: Users → API Tokens → access token."
    )
    signing_key = EncryptedTextField(
        "signing key", blank=True, default="", help_text="Shown beside the token in Miva."
    )
    digest = models.CharField("signature", max_length=10, choices=Digest, default=Digest.SHA256)
    timestamp = models.BooleanField(
        "send timestamp", default=True, help_text="Needed when the token requires a timestamp."
    )
    basic_user = models.CharField(
        "HTTP user",
        max_length=120,
        blank=True,
        help_text="Only for a store behind an HTTP password, such as a staging site.",
    )
    basic_password = EncryptedTextField("HTTP password", blank=True, default="")
    passphrase = EncryptedTextField(
        "payment passphrase",
        blank=True,
        default="",
        help_text="Unlocks Miva's encrypted payment data while orders are pulled.",
    )
    identifier = models.CharField(max_length=10, choices=Identifier, default=Identifier.CODE)
    kits = models.CharField(max_length=10, choices=Kits, default=Kits.PARENT)
    strategy = models.CharField(max_length=12, choices=Strategy, default=Strategy.QUEUE_ACK)
    queue_code = models.CharField(
        max_length=60, default="new_and_updated", help_text="Miva: Order Workflows → Queues."
    )
    start_from = models.DateTimeField(
        null=True,
        blank=True,
        help_text="The clock pulls no order placed before this time (not for queues). Blank: all orders that the store has.",
    )
    overlap_minutes = models.PositiveSmallIntegerField(
        default=60,
        validators=[MaxValueValidator(10_080)],
        help_text="Date range and last update: how far each pull looks back behind the last one.",
    )
    number_overlap = models.PositiveIntegerField(
        default=30,
        help_text="Order number: how many numbers each pull looks back; it widens by itself in a busy store.",
    )
    complete_only = models.BooleanField(
        "complete orders only",
        default=True,
        help_text="An order without a payment waits until it has one; an order over 0.00 needs none.",
    )
    requests_per_second = models.PositiveSmallIntegerField(
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(200)],
        help_text="Most requests to this store, all workers together.",
    )
    interval_minutes = models.PositiveSmallIntegerField(
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text="Minutes between two pulls.",
    )
    page_size = models.PositiveSmallIntegerField(
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(500)],
        help_text="Orders asked for at once.",
    )
    time_zone = models.CharField(
        max_length=64,
        blank=True,
        validators=[check_time_zone],
        help_text="Of the store's order dates; blank: the merchant's.",
    )
    active = models.BooleanField(default=True, help_text="Off: the store is neither pulled nor served.")
    paused_reason = models.CharField(
        max_length=200,
        blank=True,
        help_text="Not blank: the clock does not pull this store, and this is why.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """One name per merchant."""

        ordering: ClassVar[list[str]] = ["name", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["merchant", "name"], name="store_name_of_merchant")
        ]

    def __str__(self) -> str:
        """Return the store's name and code; never a secret."""
        return f"{self.name} ({self.store_code})"

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The zone of the store's order dates."""
        return zoneinfo.ZoneInfo(self.time_zone or self.merchant.time_zone)

    def clean(self) -> None:
        """Refuse an endpoint that is not https (unless DEBUG) or leads into a private network."""
        if not settings.DEBUG and not self.endpoint.startswith("https://"):
            raise ValidationError(
                {"endpoint": "The endpoint must begin with https://, because it carries the store's keys."}
            )
        try:
            check_endpoint(self.endpoint, settings.ALLOW_PRIVATE_STORE_HOSTS)
        except ValueError as error:
            raise ValidationError({"endpoint": str(error)}) from error


class Desktop(models.Model):
    """A Stone Edge login for one store. The password is shown once and kept as a hash only."""

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="desktops")
    username = models.CharField(
        "user name", max_length=60, unique=True, help_text="Stone Edge: Cart ID/User Name."
    )
    password_hash = models.CharField(max_length=200, editable=False)
    store_code = models.CharField(
        max_length=60,
        blank=True,
        help_text="Stone Edge: Store Code. Blank: whatever the desktop sends is accepted.",
    )
    active = models.BooleanField(default=True)
    last_seen_at = models.DateTimeField(null=True, editable=False)
    client_version = models.CharField(
        max_length=30, blank=True, editable=False, help_text="omversion of the last request."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """By user name."""

        ordering: ClassVar[list[str]] = ["username"]

    def __str__(self) -> str:
        """Return the user name."""
        return self.username


class PullCursor(models.Model):
    """Where the pull of one store stands: when it is due, who holds it, how it went. Two clocks: attempt and success."""

    LEASE: ClassVar[timedelta] = timedelta(minutes=3)  # renewed before each page and each acknowledgement

    store = models.OneToOneField(Store, on_delete=models.CASCADE, primary_key=True, related_name="cursor")
    due_at = models.DateTimeField(default=timezone.now, db_index=True)
    nudged_at = models.DateTimeField(null=True, help_text="When a worker took this store up to pull it.")
    leased_until = models.DateTimeField(null=True)
    lease = models.UUIDField(default=uuid.uuid4, help_text="Fencing token of the pull that holds the store.")
    last_tried_at = models.DateTimeField(null=True)
    last_good_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0, help_text="Failed pulls in a row.")
    problem = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    problem_kind = models.CharField(max_length=20, blank=True)
    problem_since = models.DateTimeField(null=True)
    since = models.DateTimeField(
        null=True, help_text="Up to when a date range or last update has been read completely."
    )
    window_road = models.CharField(
        max_length=12, blank=True, help_text="Strategy that is in the middle of reading a range."
    )
    window_since = models.DateTimeField(null=True, help_text="Begin of the range that is being read.")
    window_asked_at = models.DateTimeField(null=True, help_text="When reading that range began.")
    window_after = models.BigIntegerField(default=0, help_text="Last order number read of that range.")
    highest_number = models.BigIntegerField(
        default=0, help_text="Highest order number that the number strategy has read."
    )
    number_overlap = models.PositiveIntegerField(default=0, help_text="Overlap of the last pull by number.")
    clock_offset = models.FloatField(null=True, help_text="Miva's clock minus ours, seconds.")
    acknowledged = models.JSONField(
        default=list,
        help_text="Some order numbers acknowledged last, to find out whether acknowledging moves them.",
    )

    def __str__(self) -> str:
        """Return the store."""
        return f"pull of {self.store_id}"


class Exchange(models.Model):
    """The journal: one conversation with Miva or with a desktop, redacted, also when no answer came."""

    class Direction(models.TextChoices):
        """Who began it."""

        MIVA = "miva", "to Miva"
        DESKTOP = "desktop", "from Stone Edge"
        WEBHOOK = "webhook", "webhook from Miva"

    class Outcome(models.TextChoices):
        """How it ended; for Miva the four kinds of failure."""

        OK = "ok", "done"
        DOWN = "down", "not reached"
        REFUSED = "refused", "refused"
        LOCKED = "locked", "locked out"
        UNSURE = "unsure", "no answer"

    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, related_name="exchanges")
    desktop = models.ForeignKey(Desktop, on_delete=models.SET_NULL, null=True, related_name="exchanges")
    direction = models.CharField(max_length=8, choices=Direction)
    function = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)
    milliseconds = models.PositiveIntegerField()
    outcome = models.CharField(max_length=8, choices=Outcome)
    http_status = models.PositiveSmallIntegerField(null=True)
    address = models.GenericIPAddressField(null=True, help_text="Of the desktop.")
    request_id = models.CharField(max_length=64, blank=True)
    request = models.TextField(blank=True)
    response = models.TextField(blank=True)
    error = models.TextField(blank=True)

    objects = StoreQuerySet.as_manager()

    class Meta:
        """Newest first, by id: no full sort on a long journal."""

        ordering: ClassVar[list[str]] = ["-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["store", "-id"], name="exchange_of_store"),
            models.Index(fields=["outcome", "at"], name="exchange_pruning"),
        ]

    def __str__(self) -> str:
        """Return function and outcome."""
        return f"{self.function}: {self.get_outcome_display()}"


class WebhookSecret(models.Model):
    """The secret part of a store's webhook address. Miva can neither log in nor sign (Miva reference §15): this is all it proves.

    Found by its digest; the secret itself is kept encrypted, so that support can show the address again.
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="webhook_secrets")
    digest = models.CharField(
        max_length=64, unique=True, editable=False, help_text="SHA-256 of the secret, hexadecimal."
    )
    secret = EncryptedTextField(editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To the minute.")
    retired_at = models.DateTimeField(
        null=True, editable=False, help_text="Since then its address answers 404."
    )

    objects = StoreQuerySet.as_manager()

    class Meta:
        """Oldest first."""

        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        """Return the store and the day; never the secret."""
        return f"webhook of {self.store_id}, {self.created_at:%Y-%m-%d}"
