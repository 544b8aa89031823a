"""The forms of those who are told."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from stores.admin.secrets import secret_box
from stores.fields import REMOVE
from stores.health import Service
from stores.models import AlertHook, Problem
from stores.posting import AddressWrong, check_address


class ChoosingForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A destination, with boxes to tick for what is told there."""

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
        if typed:
            try:
                check_address(
                    typed,
                    allow_private=settings.ALLOW_PRIVATE_STORE_HOSTS,
                    allow_http=settings.ALLOW_HTTP_STORES,
                )
            except AddressWrong as error:
                raise ValidationError(str(error)) from error
        return typed
