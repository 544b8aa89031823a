"""The boxes of the guided form that connects a store."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Field, URLField

from stores.admin.fieldsets import HELP
from stores.admin.secrets import StoreForm, secret_box
from stores.fields import EncryptedTextField
from stores.models import Merchant, Store

QUEUES = (Store.Strategy.QUEUE_ACK, Store.Strategy.QUEUE)


def box_of(field: "Field[Any, Any]", **kwargs: Any) -> forms.Field | None:
    """Return a box for a field: one that never shows what is stored, for a secret; explained as on the store's own page."""
    if isinstance(field, EncryptedTextField):
        return secret_box(field)
    if field.name == "strategy":
        kwargs["help_text"] = "The advice above says which ones fit this store."
    elif field.name in HELP:
        kwargs["help_text"] = HELP[field.name]
    if isinstance(field, URLField):
        kwargs["assume_scheme"] = "https"
    return field.formfield(**kwargs)


class CredentialsForm(StoreForm):
    """Step 1: whose store it is, and how Miva is reached."""

    known = forms.ModelChoiceField(
        Merchant.objects.filter(active=True),
        required=False,
        label="Merchant",
        empty_label="A new merchant",
        help_text="Whose store it is. One merchant may have several stores.",
    )
    merchant_name = forms.CharField(
        required=False,
        max_length=120,
        label="New merchant",
        help_text="The business name, for a new merchant only.",
    )
    field_order = ("known", "merchant_name")
    GROUPS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "The merchant and the store": ("known", "merchant_name", "name", "time_zone"),
        "How Miva is reached": ("endpoint", "store_code", "token", "signing_key", "digest", "timestamp"),
        "Only where the store needs it": ("basic_user", "basic_password", "passphrase"),
    }

    class Meta:
        """What is needed to reach Miva."""

        model = Store
        fields: ClassVar[tuple[str, ...]] = (
            *("name", "endpoint", "store_code", "token", "signing_key", "digest", "timestamp"),
            *("basic_user", "basic_password", "passphrase", "time_zone"),
        )
        formfield_callback = box_of

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Leave the merchant out where the store has one."""
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["known"], self.fields["merchant_name"]

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the boxes as the page groups them."""
        return [
            (title, [self[name] for name in names if name in self.fields])
            for title, names in self.GROUPS.items()
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse a form without a merchant, and a signature without a key."""
        given: dict[str, Any] = super().clean() or {}
        if not self.instance.pk and not given.get("known") and not (given.get("merchant_name") or "").strip():
            self.add_error(
                "merchant_name", "Choose the merchant from the list, or enter the name of a new one."
            )
        signed = given.get("digest") != Store.Digest.NONE
        if signed and not given.get("signing_key") and not self.instance.signing_key:
            self.add_error(
                "signing_key", "Enter the key that Miva shows beside the token, or choose 'not signed'."
            )
        return given

    @property
    def merchant(self) -> str:
        """The merchant's name."""
        known = self.cleaned_data.get("known")
        return known.name if known else str(self.cleaned_data["merchant_name"])

    def values(self) -> dict[str, Any]:
        """Return the store's fields as the verbs take them."""
        return {name: getattr(self.instance, name) for name in self.Meta.fields}


class StrategyForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """Step 3: how orders are asked for, and how products are known."""

    class Meta:
        """What the pull and the download need."""

        model = Store
        fields: ClassVar[tuple[str, ...]] = (
            *("strategy", "queue_code", "interval_minutes", "start_from", "identifier", "kits"),
        )
        formfield_callback = box_of

    def __init__(self, *args: Any, queues: list[str], **kwargs: Any) -> None:
        """Offer the queues that the check has found, and what is entered now."""
        super().__init__(*args, **kwargs)
        self.queues = queues
        self.fields["start_from"].widget = forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        )
        if queues:
            codes = list(dict.fromkeys([*queues, self.instance.queue_code]))
            self.fields["queue_code"].widget = forms.Select(
                choices=[(code, code if code in queues else f"{code} (not in Miva)") for code in codes]
            )

    def clean(self) -> dict[str, Any]:
        """Refuse a queue that Miva does not have, when the check has listed some."""
        given: dict[str, Any] = super().clean() or {}
        code = str(given.get("queue_code", ""))
        known = {queue.lower() for queue in self.queues}
        if given.get("strategy") in QUEUES and known and code.lower() not in known:
            raise ValidationError(
                {"queue_code": f"Miva has no queue {code}. It has: {', '.join(self.queues)}."}
            )
        return given


class SheetForm(forms.Form):
    """Step 6: to whom the sheet is sent."""

    to = forms.EmailField(
        label="E-mail the sheet to",
        help_text="The settings of Stone Edge without the password, which is told by telephone.",
    )
