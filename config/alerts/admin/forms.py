"""The forms of those who are told."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from config.alerts.forms import callable_address
from stores.admin.secrets import secret_box
from stores.fields import REMOVE
from stores.health import Service
from stores.models import AlertHook, Problem


class ChoosingForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A destination, with boxes to tick for what is told there."""

    def clean_stores(self) -> Any:
        """Return the stores. Raises ValidationError for one of another merchant."""
        merchant, stores = self.cleaned_data.get("merchant"), self.cleaned_data["stores"]
        if merchant and (others := [store for store in stores if store.merchant_id != merchant.pk]):
            raise ValidationError(f"{others[0]} is not a store of {merchant}.")
        return stores

    services = forms.MultipleChoiceField(
        choices=Service.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="About which services. None ticked: about all of them.",
    )
    kinds = forms.MultipleChoiceField(
        choices=Problem.Kind.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="About what. None ticked: about everything. Who is told of a problem is told of its end.",
    )


class HookForm(ChoosingForm):
    """A webhook; its address is typed and never shown."""

    url = secret_box(AlertHook._meta.get_field("url"))
    secret = secret_box(AlertHook._meta.get_field("secret"))

    def clean_url(self) -> Any:
        """Return the address. Raises ValidationError for one that must not be called, and when there is none."""
        typed = self.cleaned_data["url"]
        if typed is REMOVE or not (typed or self.instance.pk):
            raise ValidationError("A webhook needs its address. To call it no more, switch it off.")
        return callable_address(typed) if typed else typed
