"""What people log in with, and where they are logged in."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django_otp.models import Device, DeviceManager, ThrottlingMixin
from django_otp.oath import TOTP

from stores.fields import EncryptedTextField, readable

DIGITS = 6
TOLERANCE = 1  # steps of 30 seconds that the telephone's clock may be off


class Authenticator(ThrottlingMixin, Device):  # type: ignore[misc]  # django-otp has no types
    """A person's authenticator app (TOTP, RFC 6238) with its recovery codes, of which only digests are kept."""

    key = EncryptedTextField(help_text="Hexadecimal.")
    last_step = models.BigIntegerField(
        default=-1, help_text="No code of this time step or before is taken any more."
    )
    drift = models.SmallIntegerField(default=0)
    recovery = models.JSONField(default=list, help_text="SHA-256 of each recovery code that is left.")
    created_at = models.DateTimeField(default=timezone.now)

    objects = DeviceManager()

    class Meta:
        """Managed on pages of its own."""

        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "confirmed"], name="one_authenticator_for_each_user")
        ]

    def __str__(self) -> str:
        """Return whose it is."""
        return str(self.user)

    def get_throttle_factor(self) -> float:
        """Return the seconds to wait after the first wrong code; they double with each further one."""
        return 1.0

    def verify_token(self, token: str) -> bool:
        """Return whether the code is right, and take it: none is good twice. To be called on a locked row."""
        allowed, _ = self.verify_is_allowed()
        if not allowed:
            return False
        if not (token.isascii() and token.isdigit() and len(token) == DIGITS and self._takes(int(token))):
            self.throttle_increment()
            return False
        self.throttle_reset(commit=False)
        self.save()
        return True

    def _takes(self, token: int) -> bool:
        totp = TOTP(bytes.fromhex(readable(self.key)), digits=DIGITS, drift=self.drift)
        taken = bool(totp.verify(token, TOLERANCE, self.last_step + 1))
        if taken:
            self.last_step, self.drift = totp.t(), totp.drift
        return taken


class SignIn(models.Model):
    """A session of a person: from where, with which browser, when last seen."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True, editable=False)
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=200, blank=True)
    began_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now, help_text="To the minute.")

    class Meta:
        """The latest first."""

        ordering: ClassVar[list[str]] = ["-last_seen_at", "-pk"]
        verbose_name = "session"
        default_permissions = ("view",)
        permissions = (
            ("end_signin", "Can end the sessions of others"),
            ("secondfactor_signin", "Can take the second factor from others"),
            ("export_signin", "Can export accounts and sessions"),
        )

    def __str__(self) -> str:
        """Return who, and from where."""
        return f"{self.user} from {self.address}"
