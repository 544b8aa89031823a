"""The form that asks for a range of orders."""

from typing import Any

from django import forms

from orders.models import Backfill
from orders.spans import Span, SpanError, between_dates, between_numbers
from stores.models import Store


class SpanForm(forms.Form):
    """Which orders: by days in the store's time zone, or by numbers."""

    kind = forms.ChoiceField(
        choices=Backfill.Kind.choices,
        initial=Backfill.Kind.DATES,
        help_text="Days find orders by when they were placed; numbers find exactly those.",
    )
    since = forms.CharField(
        required=False,
        max_length=40,
        help_text="The first day, in the store's time zone. Empty: from the start.",
    )
    until = forms.CharField(required=False, max_length=40, help_text="The whole day. Empty: up to now.")
    first = forms.CharField(required=False, max_length=18, help_text="The lowest order number.")
    last = forms.CharField(required=False, max_length=18, help_text="Empty: only the first number.")
    estimated = forms.IntegerField(required=False, min_value=0, max_value=2**40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, store: Store, **kwargs: Any) -> None:
        """Keep the store, in whose zone days are read."""
        super().__init__(*args, **kwargs)
        self.store = store
        self.span = Span()

    def clean(self) -> dict[str, Any]:
        """Read the range."""
        given: dict[str, Any] = {"since": "", "until": "", "first": "", "last": ""} | (super().clean() or {})
        try:
            self.span = read_span(given, self.store)
        except SpanError as error:
            raise forms.ValidationError(str(error)) from error
        return given


def read_span(given: dict[str, Any], store: Store) -> Span:
    """Return the range that the form names. Raises SpanError."""
    if given.get("kind") == Backfill.Kind.NUMBERS:
        return between_numbers(f"{given['first']}-{given['last'] or given['first']}")
    if not given["since"] and not given["until"]:
        raise SpanError("Give the first day, the last day or both.")
    return between_dates(given["since"], given["until"], store.zone)
