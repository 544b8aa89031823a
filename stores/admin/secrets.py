"""The store's form: secrets are typed and never shown, and support sees whether one is stored."""

from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from unfold.widgets import UnfoldAdminPasswordWidget

from stores.fields import EncryptedTextField, SecretInput, Unreadable
from stores.models import Store

SECRETS = tuple(field.name for field in Store._meta.get_fields() if isinstance(field, EncryptedTextField))


class SecretBox(SecretInput, UnfoldAdminPasswordWidget):  # type: ignore[misc]  # the library has no types
    """The box for a secret, in the dress of the other boxes."""


def secret_box(field: EncryptedTextField) -> forms.Field:
    """Return the write-only field for a secret."""
    box: forms.Field = field.formfield()
    box.label = capfirst(field.verbose_name)
    box.help_text = field.help_text
    box.widget = SecretBox(attrs={"autocomplete": "new-password"})
    return box


class StoreForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A store. Beside each secret stands whether there is one, never what it is."""

    class Meta:
        """The admin names the fields."""

        model = Store
        fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say for each secret whether it is stored."""
        super().__init__(*args, **kwargs)
        for name in SECRETS:
            if name in self.fields:
                box = self.fields[name]
                value = getattr(self.instance, name)
                box.widget.stored = bool(value) or isinstance(value, Unreadable)
                box.help_text = f"{known(self.instance, name)} {box.help_text}".strip()

    def save(self, commit: bool = True) -> Any:
        """Save; a new token begins to age."""
        if "token" in self.changed_data:
            self.instance.token_set_at = timezone.now()
        return super().save(commit)


def known(store: Store, name: str) -> str:
    """Return in words whether a secret is stored."""
    value = getattr(store, name)
    if isinstance(value, Unreadable):
        return "Stored, but it cannot be decrypted with the present FERNET_KEYS: type it again, or restore the former key."
    return "One is stored." if value else "None is stored yet."
