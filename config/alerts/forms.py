"""The forms in which people choose: what they are told and how often, who else is told, and where it is posted."""

from functools import cache
from itertools import groupby
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from stores.admin.zones import KNOWN
from stores.health import Service
from stores.models import AlertHook, AlertRecipient, Problem, Store
from stores.posting import AddressWrong, check_address

NEVER = "never"  # how often; kept as a recipient who is not active
ONE_AT_LEAST = {"required": _("Tick one at least. To be told nothing, choose never.")}
OTHERS = "UTC"


@cache
def zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the time zones that places have, by continent."""
    places = sorted(filter(is_place, KNOWN))
    by_continent = groupby(places, lambda name: name.partition("/")[0])
    shown = [(continent, [(name, name) for name in some]) for continent, some in by_continent]
    return [*shown, (OTHERS, [("UTC", "UTC")])]


def is_place(name: str) -> bool:
    """Whether a zone is called after a continent and a place, as its present names are."""
    continents = (
        *("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia"),
        *("Europe", "Indian", "Pacific"),
    )
    return name.partition("/")[0] in continents and "/" in name


class Ticks(forms.MultipleChoiceField):
    """Boxes to tick. All of them ticked is kept as none: then what comes to be later is told, too."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        """Take Django's arguments."""
        super().__init__(error_messages=ONE_AT_LEAST, **kwargs)

    def clean(self, value: Any) -> list[str]:
        """Return what is kept. Raises ValidationError when nothing is ticked."""
        ticked: list[str] = super().clean(value)
        return [] if set(ticked) == set(self.offered) else ticked

    @property
    def offered(self) -> list[str]:
        """What can be ticked."""
        return [str(value) for value, _label in self.widget.choices]


class ChoicesForm(forms.Form):
    """What a person is told, and how often."""

    often = forms.ChoiceField(
        label=_("How often"),
        choices=[*AlertRecipient.Often.choices, (NEVER, _("Never"))],
        help_text=_("At once: within a minute or two, at most one mail in ten minutes."),
    )
    digest_hour = forms.TypedChoiceField(
        label=_("Once a day at"), coerce=int, choices=[(hour, f"{hour:02}:00") for hour in range(24)]
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=lazy(zones, list)())
    language = forms.ChoiceField(label=_("Language of the messages"), choices=AlertRecipient.Language.choices)
    kinds = Ticks(label=_("About what"), choices=Problem.Kind.choices)
    services = Ticks(label=_("About which services"), choices=Service.choices)
    stores = Ticks(label=_("About which stores"))

    def __init__(self, recipient: AlertRecipient, data: Any = None) -> None:
        """Show what is chosen. Stores are asked for where there are several of one merchant."""
        self.of_merchant: dict[str, Store] = stores_of(recipient)
        super().__init__(data, initial=shown(recipient))
        stores = [(slug, store.name) for slug, store in self.of_merchant.items()]
        if len(stores) > 1:
            some = [store.slug for store in recipient.stores.all()] if recipient.pk else []
            self.fields["stores"].choices = stores  # type: ignore[attr-defined]
            self.initial["stores"] = some or list(self.of_merchant)
        else:
            del self.fields["stores"]
        keep_unusual_zone(self.fields["time_zone"], recipient.time_zone)

    @property
    def chosen(self) -> dict[str, Any]:
        """What was chosen, by the recipient's fields; call it once the form is valid."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "stores"}
        active = given["often"] != NEVER
        return {**given, "active": active} if active else {**without(given, "often"), "active": False}

    @property
    def chosen_stores(self) -> list[Store]:
        """The stores that were chosen; none: all."""
        return [self.of_merchant[slug] for slug in self.cleaned_data.get("stores", [])]


def stores_of(recipient: AlertRecipient) -> dict[str, Store]:
    """Return the stores of the recipient's merchant by their short names; none for support."""
    if recipient.merchant is None:
        return {}
    rows = recipient.merchant.stores.only("pk", "slug", "name", "merchant_id").order_by("name", "pk")
    return {store.slug: store for store in rows}


def shown(recipient: AlertRecipient) -> dict[str, Any]:
    """Return what the form shows of a recipient."""
    return {
        "often": recipient.often if recipient.active else NEVER,
        "digest_hour": recipient.digest_hour,
        "time_zone": recipient.time_zone,
        "language": recipient.language,
        "kinds": recipient.kinds or Problem.Kind.values,
        "services": recipient.services or Service.values,
    }


def without(given: dict[str, Any], name: str) -> dict[str, Any]:
    """Return all but one."""
    return {key: value for key, value in given.items() if key != name}


def keep_unusual_zone(field: Any, zone: str) -> None:
    """Offer the zone that is set, too, when it is none of the places'."""
    if zone not in {name for _continent, some in zones() for name, _label in some}:
        field.choices = [(OTHERS, [(zone, zone)]), *field.choices]


class AddressForm(forms.Form):
    """An address without a login."""

    prefix = "address"
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("It is asked first, by one mail with a link. Whoever reads there chooses what is told."),
    )
    language = forms.ChoiceField(label=_("Language of the messages"), choices=AlertRecipient.Language.choices)

    def clean_email(self) -> str:
        """Return the address in lower case, as all are kept here."""
        return str(self.cleaned_data["email"]).lower()


class HookForm(forms.Form):
    """A webhook. Its address is a credential: it is typed and never shown."""

    prefix = "hook"
    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Where it leads, such as the Slack channel.")
    )
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url"}),
        help_text=_(
            "https only, as Slack shows it under Incoming Webhooks. It is kept encrypted and never shown again."
        ),
    )
    language = forms.ChoiceField(label=_("Language of the messages"), choices=AlertHook.Language.choices)

    def clean_url(self) -> str:
        """Return the address. Raises ValidationError for one that must not be called."""
        return callable_address(self.cleaned_data["url"])


def callable_address(url: str) -> str:
    """Return an address that may be called. Raises ValidationError with the reason why it may not."""
    private, http = settings.ALLOW_PRIVATE_STORE_HOSTS, settings.ALLOW_HTTP_STORES
    try:
        check_address(url, allow_private=private, allow_http=http)
    except AddressWrong as error:
        raise ValidationError(str(error)) from error
    return url
