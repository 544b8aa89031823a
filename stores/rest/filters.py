"""Filters of lists that refuse what they cannot read, instead of leaving it out."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import django_filters
from django import forms
from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from stores.rest.fields import BIGGEST, NO_MOMENT, moment
from stores.rest.problems import ParameterInvalid

EMPTY = "It is empty. Leave it out, or give it a value."
TWICE = "It is there twice. Name it once."
MANY = ("fields",)  # what may be named again and again


class MomentField(forms.Field):
    """A moment with its offset."""

    def to_python(self, value: Any) -> datetime | None:
        """Return the moment in UTC, None for nothing. Raises ValidationError."""
        if not value:
            return None
        found = moment(str(value))
        if found is None:
            raise forms.ValidationError(NO_MOMENT.format(value=str(value)[:40]), "invalid")
        return found


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentFilter(django_filters.Filter):  # type: ignore[misc]  # the library has no types
    """Rows before or after a moment."""

    field_class = MomentField


class WholeField(forms.IntegerField):
    """A whole number that a row can hold."""

    def __init__(self, **options: Any) -> None:
        """Set the bounds."""
        super().__init__(**{"min_value": 0, "max_value": BIGGEST} | options)


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": BIGGEST})
class WholeFilter(django_filters.Filter):  # type: ignore[misc]  # the library has no types
    """Rows by a number."""

    field_class = WholeField


class YesNoField(forms.TypedChoiceField):
    """`true` or `false`."""

    def __init__(self, **options: Any) -> None:
        """Set the choices."""
        choices = [("true", "true"), ("false", "false")]
        super().__init__(**options, choices=choices, coerce=lambda text: text == "true", empty_value=None)


@extend_schema_field(OpenApiTypes.BOOL)
class YesNoFilter(django_filters.Filter):  # type: ignore[misc]  # the library has no types
    """Rows that are, or are not."""

    field_class = YesNoField


class Filters(django_filters.FilterSet):  # type: ignore[misc]  # the library has no types
    """The filters of one list."""


def check_known(given: QueryDict, known: Collection[str]) -> None:
    """Refuse query parameters that mean nothing, empty ones, and those that are there twice: a misspelt filter, or one whose value
    a script has lost, would be left out without a word, and all rows told. Raises ParameterInvalid."""
    choice = f"Known are: {', '.join(known)}." if known else "None are known here."
    wrong = {name: f"There is no such parameter. {choice}" for name in given if name not in known}
    wrong |= {name: EMPTY for name, values in given.lists() if name in known and not all(values)}
    wrong |= {
        name: TWICE for name, values in given.lists() if len(values) > 1 and name not in (*wrong, *MANY)
    }
    if wrong:
        raise ParameterInvalid({name[:80]: [words] for name, words in sorted(wrong.items())[:20]})
