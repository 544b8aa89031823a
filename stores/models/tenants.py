"""Who a merchant is, and how his stores are reached, pulled and translated."""

import zoneinfo
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from stores.fields import EncryptedTextField
from stores.miva.addresses import check_endpoint
from stores.models.querysets import Stores


def check_time_zone(name: str) -> None:
    """Raise ValidationError unless the name is in the IANA time zone database."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            f"'{name}' is not a time zone. Use a name like America/Los_Angeles or Europe/Berlin."
        )


# Pages of the portal that stand where the pages of stores do, under /status/.
RESERVED_SLUGS = frozenset({"alerts", "language", "password", "platform", "shared", "sign-in", "sign-out"})


def check_slug(slug: str) -> None:
    """Raise ValidationError for a name that a page of the portal has."""
    if slug in RESERVED_SLUGS:
        raise ValidationError(f"'{slug}' is the name of a page of the portal. Choose another short name.")


class Merchant(models.Model):
    """A tenant: the business that sells through one or more Miva stores."""

    name = models.CharField(max_length=120, unique=True, help_text="The merchant's business name.")
    slug = models.SlugField(max_length=60, unique=True, help_text="Short name for addresses and commands.")
    contact_name = models.CharField(max_length=120, blank=True, help_text="Whom to call.")
    contact_email = models.EmailField(blank=True, help_text="Where mails about this merchant's stores go.")
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
        permissions = (
            ("viewas_merchant", "Can look at the pages of a merchant as he sees them"),
            ("export_merchant", "Can export merchants"),
        )

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

    class Untracked(models.TextChoices):
        """What happens to the stock of a product that Miva does not track."""

        SKIP = "skip", "Leave it alone and say so"
        START = "start", "Start tracking it in Miva"

    class UnknownSku(models.TextChoices):
        """What the desktop is told about a SKU that Miva does not have (SETI reference §6, row 20)."""

        FALSE = "false", "Not found; Stone Edge keeps the change and sends it again"
        OK = "ok", "Done, not found; Stone Edge forgets the change"

    class Strategy(models.TextChoices):
        """How orders are asked for (guide "Requesting Orders")."""

        QUEUE_ACK = "queue_ack", "Order queue with acknowledgement"
        QUEUE = "queue", "Order queue without acknowledgement"
        DATE = "date", "Date range"
        UPDATED = "updated", "Last update (Miva 10.03 or newer)"
        NUMBER = "number", "Order number with overlap"

    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="stores", help_text="Whose store it is."
    )
    name = models.CharField(max_length=120, help_text="How the merchant calls this store.")
    slug = models.SlugField(
        max_length=60,
        unique=True,
        validators=[check_slug],
        help_text="Short name for commands and addresses.",
    )
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
    digest = models.CharField(
        "signature",
        max_length=10,
        choices=Digest,
        default=Digest.SHA256,
        help_text="How requests are signed. Miva shows with the token which one it accepts.",
    )
    timestamp = models.BooleanField(
        "send timestamp", default=True, help_text="Needed when the token requires a timestamp."
    )
    basic_user = models.CharField(
        "HTTP user",
        max_length=120,
        blank=True,
        help_text="Only for a store behind an HTTP password, such as a staging site.",
    )
    basic_password = EncryptedTextField(
        "HTTP password", blank=True, default="", help_text="Belongs to the HTTP user; not Miva's own."
    )
    passphrase = EncryptedTextField(
        "payment passphrase",
        blank=True,
        default="",
        help_text="Unlocks Miva's encrypted payment data while orders are pulled.",
    )
    identifier = models.CharField(
        max_length=10,
        choices=Identifier,
        default=Identifier.CODE,
        help_text="What Stone Edge knows products by. Must match the SKUs that the merchant uses there.",
    )
    kits = models.CharField(
        max_length=10,
        choices=Kits,
        default=Kits.PARENT,
        help_text="Must match how the merchant has set up his kits in Stone Edge.",
    )
    untracked = models.CharField(
        "untracked products", max_length=10, choices=Untracked, default=Untracked.SKIP
    )
    unknown_sku = models.CharField(
        "unknown SKUs", max_length=10, choices=UnknownSku, default=UnknownSku.FALSE
    )
    leave_out_undownloaded = models.BooleanField(
        "leave out undownloaded orders' units",
        default=True,
        help_text="A count is set minus the units in orders that Stone Edge had not downloaded when it counted.",
    )
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
        help_text="An order without a payment waits until it has one; an order whose total is 0.00 needs none.",
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
    catalogue_hours = models.PositiveSmallIntegerField(
        "refresh catalogue every",
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(720)],
        help_text="Hours between two readings of products and customers.",
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
    token_set_at = models.DateTimeField(
        null=True, editable=False, help_text="When the API token was last set."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = Stores.as_manager()

    class Meta:
        """One name per merchant."""

        ordering: ClassVar[list[str]] = ["name", "pk"]
        permissions = (
            ("check_store", "Can check the connection of stores"),
            ("pull_store", "Can pull stores now"),
            ("push_store", "Can push what waits for stores now"),
            ("pause_store", "Can pause stores and let them go on"),
            ("secrets_store", "Can enter the secrets of stores"),
            ("password_store", "Can issue Stone Edge passwords"),
            ("webhook_store", "Can see and change webhook addresses"),
            ("export_store", "Can export stores"),
        )
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
        """Refuse an endpoint that is not https or leads into a private network, unless the settings allow it."""
        try:
            check_endpoint(
                self.endpoint, settings.ALLOW_PRIVATE_STORE_HOSTS, allow_http=settings.ALLOW_HTTP_STORES
            )
        except ValueError as error:
            raise ValidationError({"endpoint": str(error)}) from error
