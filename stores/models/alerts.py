"""What is wrong with a service, and who is told about it. `config.alerts` writes and tells."""

from collections.abc import Collection
from typing import ClassVar

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stores.fields import EncryptedTextField, by_whom
from stores.models.members import Membership
from stores.models.tenants import Merchant, Store, check_time_zone

CLOCK = "clock"  # in the place of a service: the portal's own clock, which belongs to no store


class Problem(models.Model):
    """Something wrong with a service of a store from its beginning to its end; without a store it is the portal's own clock.

    It is told once it has lasted (`config.alerts.problems`), and its end only when it was told.
    """

    class Kind(models.TextChoices):
        """What people choose by, most urgent first."""

        CREDENTIALS = "credentials", _("Credentials refused")
        STOPPED = "stopped", _("Stands still")
        HELD = "held", _("Orders held")
        PARKED = "parked", _("Shipments or stock parked")
        DRIFT = "drift", _("Stock differs")
        WARNING = "warning", _("Warning")
        PAUSED = "paused", _("Paused")
        OFF = "off", _("Switched off")

    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, related_name="problems")
    service = models.CharField(max_length=24, help_text="Which service, e.g. orders_from_miva.")
    kind = models.CharField(max_length=12, choices=Kind)
    sentence = models.TextField()
    remedy = models.TextField(blank=True)
    fixer = models.CharField(max_length=10, help_text="Who has to do something.")
    opened_at = models.DateTimeField(default=timezone.now)
    kind_since = models.DateTimeField(default=timezone.now, help_text="Since when it is of this kind.")
    last_seen_at = models.DateTimeField(default=timezone.now)
    well_since = models.DateTimeField(
        null=True, help_text="Since when nothing is wrong; it is over when that lasts."
    )
    ripe = models.BooleanField(
        default=False, help_text="People are to be told of it, or of its end, as it stands now."
    )
    told_at = models.DateTimeField(null=True, help_text="When people were first told; blank: not yet.")
    told_kind = models.CharField(max_length=12, blank=True, help_text="Which kind they were told last.")
    reminded_at = models.DateTimeField(
        null=True, help_text="When people were last told of this kind, reminders included."
    )
    reminders = models.PositiveIntegerField(default=0, help_text="How often they were reminded.")
    recovered_at = models.DateTimeField(null=True)

    class Meta:
        """One open problem for each service; newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]
        permissions = (("export_problem", "Can export problems"),)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["store", "service"], condition=Q(recovered_at=None), name="open_problem_of_service"
            ),
            models.UniqueConstraint(
                fields=["service"],
                condition=Q(recovered_at=None, store=None),
                name="open_problem_of_portal",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["recovered_at"], name="problem_end"),
            models.Index(fields=["id"], condition=Q(ripe=True), name="problem_ripe"),
        ]

    def __str__(self) -> str:
        """Return the service and the kind."""
        return f"{self.service} {self.kind}"


class Destination(models.Model):
    """Where alerts go: for one merchant, or without one for the support team, which is told about all of them."""

    class Language(models.TextChoices):
        """In which language; the names are the languages' own."""

        ENGLISH = "en", "English"
        GERMAN = "de", "Deutsch"
        SPANISH = "es", "Español"

    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="%(class)ss",
        help_text="Whose stores it is about. Blank: the support team, which is told about all merchants.",
    )
    stores = models.ManyToManyField(
        Store,
        blank=True,
        related_name="+",
        help_text="About which stores. None: all, also those that are connected later.",
    )
    services = models.JSONField(default=list, blank=True, help_text="About which services. None: all.")
    kinds = models.JSONField(default=list, blank=True, help_text="About what. None: everything.")
    language = models.CharField(
        max_length=5, choices=Language, default=Language.ENGLISH, help_text="Of the messages."
    )
    time_zone = models.CharField(
        max_length=64,
        default="America/New_York",
        validators=[check_time_zone],
        help_text="Times in the messages are in it, e.g. America/Chicago.",
    )
    active = models.BooleanField(default=True, help_text="Off: nothing is sent.")
    quiet_until = models.DateTimeField(
        null=True, editable=False, help_text="What happens before this time is told together."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Two kinds: people and addresses of programs."""

        abstract = True

    def wants(self, problem: Problem) -> bool:
        """Whether this is to be told there. The portal's own clock is support's alone, whatever it has chosen."""
        if problem.store is None:
            return self.merchant_id is None
        chosen: tuple[tuple[Collection[object], object], ...] = (
            (self.services, problem.service),
            (self.kinds, problem.kind),
            ({store.pk for store in self.stores.all()}, problem.store_id),
        )
        ours = self.merchant_id in (None, problem.store.merchant_id)
        return ours and all(not some or one in some for some, one in chosen)


class Recipients(models.QuerySet["AlertRecipient"]):
    """People, and who of them may be written to."""

    def tellable(self) -> "Recipients":
        """Return who has confirmed the address and has not unsubscribed.

        A member's address is proven by the password that he has chosen; one whose account is closed is not written to.
        """
        no_password = Q(member__user__password="") | Q(
            member__user__password__startswith=UNUSABLE_PASSWORD_PREFIX
        )
        member = Q(member__user__is_active=True) & ~no_password
        return self.filter(Q(member=None) | member, active=True, confirmed_at__isnull=False)


class AlertRecipient(Destination):
    """A person who is told by e-mail: a member, or an address that needs no login and is confirmed by a link."""

    class Often(models.TextChoices):
        """How often."""

        AT_ONCE = "at_once", _("At once")
        DAILY = "daily", _("Once a day")

    member = models.ForeignKey(
        Membership,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="alert_recipients",
        help_text="A person with a login. Whoever ceases to be a member is not written to any more.",
    )
    email = models.EmailField(
        "e-mail address",
        blank=True,
        help_text="Of somebody without a login. Nothing but one question is sent until the link in it was followed.",
    )
    often = models.CharField(
        "how often",
        max_length=8,
        choices=Often,
        default=Often.AT_ONCE,
        help_text="At once: within a minute or two, at most one mail in ten minutes.",
    )
    digest_hour = models.PositiveSmallIntegerField(
        default=8,
        validators=[MaxValueValidator(23)],
        help_text="Once a day: at which hour (0 to 23) in this time zone.",
    )
    confirmed_at = models.DateTimeField(null=True, editable=False)
    unsubscribed_at = models.DateTimeField(null=True, editable=False)

    objects = Recipients.as_manager()

    class Meta:
        """One row for each address and merchant."""

        ordering: ClassVar[list[str]] = ["merchant__name", "email", "pk"]
        permissions = (("export_alertrecipient", "Can export who is told of alerts"),)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["merchant", "email"],
                condition=~Q(email=""),
                name="alert_recipient_of_merchant",
                violation_error_message="This address is there already for this merchant.",
            ),
            models.UniqueConstraint(
                fields=["email"],
                condition=Q(merchant=None) & ~Q(email=""),
                name="alert_recipient_of_support",
                violation_error_message="This address is there already for the support team.",
            ),
            models.UniqueConstraint(fields=["member"], name="alert_recipient_of_member"),
        ]

    def __str__(self) -> str:
        """Return the address."""
        return self.address

    @property
    def address(self) -> str:
        """Where mails go."""
        return self.member.user.email if self.member else self.email

    def clean(self) -> None:
        """Refuse neither or both of member and address, and a member of another merchant."""
        if bool(self.member_id) == bool(self.email):
            raise ValidationError("Choose a member, or enter an e-mail address: one of the two.")
        if self.member and self.member.merchant_id != self.merchant_id:
            raise ValidationError({"member": f"{self.member.user} is not a member of this merchant."})


class AlertHook(Destination):
    """An address to which alerts are posted, such as a Slack channel's. The address itself is a credential and kept like one."""

    name = models.CharField(max_length=80, help_text="Where it leads, e.g. Slack, channel shop-alerts.")
    url = EncryptedTextField(
        "address", default="", help_text="https only, such as https://hooks.slack.com/services/…"
    )
    secret = EncryptedTextField(
        "signing secret",
        blank=True,
        default="",
        help_text="With it the receiver checks that a message is ours. Blank: messages are not signed.",
    )
    made_by = by_whom(editable=False)

    class Meta:
        """By merchant."""

        verbose_name = "alert webhook"
        ordering: ClassVar[list[str]] = ["merchant__name", "name", "pk"]
        permissions = (
            ("test_alerthook", "Can send a test message to alert webhooks"),
            ("export_alerthook", "Can export alert webhooks, without their addresses"),
        )

    def __str__(self) -> str:
        """Return the name; never the address."""
        return self.name
