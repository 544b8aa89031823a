"""EncryptedTextField: a secret at rest. Encrypted with rotatable keys, never shown in a form, never silently lost.

django-fernet-fields-v2 does the encryption (FERNET_KEYS, newest first, derived by HKDF). Three things are mended here:
`bulk_update()` and `update(x=Value())` would store the encrypted text of the SQL expression; admin forms would show the plain
text; and a wrong key would be a 500 on every page that lists the row.
"""

from typing import Any

from cryptography.fernet import InvalidToken
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import SET_NULL, ForeignKey, Model, Value
from django.utils.html import format_html
from django.utils.safestring import SafeString
from fernet_fields import EncryptedTextField as FernetTextField


class SecretUnreadable(Exception):
    """A stored secret cannot be decrypted with the configured FERNET_KEYS."""


class Unreadable(str):
    """Stands for a secret that no configured key can decrypt; saved again, it leaves the stored bytes as they are."""

    stored: bytes

    def __new__(cls, stored: bytes) -> "Unreadable":
        """Return an empty string that remembers the stored bytes."""
        value = super().__new__(cls, "")
        value.stored = stored
        return value


REMOVE = object()  # what a form makes of a ticked "Remove"
BOTH = object()


class SecretInput(forms.PasswordInput):
    """A password box that never shows what is stored; where something is (`stored`), "Remove" can be ticked beside it."""

    stored = False

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the box and the tick."""
        box = super().render(name, None, attrs, renderer)
        if not self.stored:
            return box
        tick = '{} <label class="c2c-remove"><input type="checkbox" name="{}" id="id_{}"{}> Remove what is stored</label>'
        checked = " checked" if value is REMOVE else ""
        return format_html(tick, box, self.tick_of(name), self.tick_of(name), checked)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return what was typed, REMOVE, or BOTH."""
        typed = super().value_from_datadict(data, files, name)
        if self.tick_of(name) not in data:
            return typed
        return BOTH if typed else REMOVE

    def tick_of(self, name: str) -> str:
        """Return the name of the tick, as Django's ClearableFileInput has it."""
        return f"{name}-clear"


class SecretFormField(forms.CharField):
    """A password box that never shows what is stored; left blank it means "as it is"."""

    widget = SecretInput

    def __init__(self, **kwargs: Any) -> None:
        """Take CharField's arguments."""
        kwargs["widget"] = SecretInput(attrs={"autocomplete": "new-password"}, render_value=False)
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        """Return what was typed, or REMOVE. Raises ValidationError for both at once."""
        if value is BOTH:
            raise ValidationError("Either type a new secret or tick 'Remove what is stored', not both.")
        return REMOVE if value is REMOVE else super().clean(value)


class EncryptedTextField(FernetTextField):  # type: ignore[misc]  # the library has no types
    """Text that is encrypted in the database. Look-ups are refused by the library; forms only write it."""

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Return the bytes to store. Expressions pass untouched; what they hold comes here again as a plain value."""
        if isinstance(value, Value):
            value = value.value
        if hasattr(value, "as_sql"):
            return value
        if isinstance(value, Unreadable):
            return connection.Database.Binary(value.stored)
        return super().get_db_prep_save(value, connection)

    def from_db_value(self, value: Any, expression: Any, connection: Any, *args: Any) -> Any:
        """Return the plain text, or an Unreadable when no key fits."""
        try:
            return super().from_db_value(value, expression, connection, *args)
        except InvalidToken:
            return Unreadable(bytes(value))

    def value_from_object(self, obj: Model) -> str:
        """Return nothing: a form never gets the stored secret."""
        return ""

    def save_form_data(self, instance: Model, data: Any) -> None:
        """Take what was typed; a blank box keeps what is stored, "Remove" empties it."""
        if data:
            setattr(instance, self.attname, "" if data is REMOVE else data)

    def formfield(self, **kwargs: Any) -> SecretFormField:
        """Return the write-only box."""
        stored = "Stored encrypted and never shown. Leave blank to keep what is stored."
        return SecretFormField(
            required=False,
            label=self.verbose_name.capitalize(),
            strip=True,
            help_text=f"{self.help_text} {stored}".strip(),
        )


def by_whom(**options: Any) -> "ForeignKey[Any, Any]":
    """Return the field for who did something; it is blank once the account is gone."""
    return ForeignKey(settings.AUTH_USER_MODEL, on_delete=SET_NULL, null=True, related_name="+", **options)


def readable(value: str) -> str:
    """Return the secret. Raises SecretUnreadable when it was encrypted with a key that is not configured."""
    if isinstance(value, Unreadable):
        raise SecretUnreadable
    return value
