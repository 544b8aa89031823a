"""Filters for lists: a choice from many by a select box instead of a column of links."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from stores.admin.standing import NEEDS_ATTENTION
from stores.models import Exchange, Merchant, Store

RECENT = 2_000  # conversations that are looked at for the names of functions


class ChoiceFilter(admin.SimpleListFilter):
    """A select box with a button: a thousand stores fit, and it works without JavaScript and by keyboard."""

    template = "admin/choice_filter.html"

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: Any
    ) -> None:
        """Keep the other parameters of the page, which the box sends along."""
        self.others = [
            (name, value)
            for name, values in request.GET.lists()
            for value in values
            if name not in (self.parameter_name, "p")
        ]
        super().__init__(request, params, model, model_admin)

    def has_output(self) -> bool:
        """Always: an empty list of choices still offers "All"."""
        return True

    @property
    def options(self) -> Iterable[tuple[str, str, bool]]:
        """The choices as value, words, whether chosen."""
        chosen = self.value()
        return [(value, str(words), value == chosen) for value, words in self.lookup_choices]


class MerchantFilter(ChoiceFilter):
    """One merchant's rows."""

    title = "merchant"
    parameter_name = "merchant"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return all merchants."""
        return [(str(pk), name) for pk, name in Merchant.objects.values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the merchant's."""
        return queryset.filter(merchant=whole(self.value())) if self.value() else queryset


class StoreFilter(ChoiceFilter):
    """One store's rows."""

    title = "store"
    parameter_name = "store"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return all stores with their merchants."""
        rows = Store.objects.order_by("merchant__name", "name").values_list("pk", "merchant__name", "name")
        return [(str(pk), f"{merchant} · {name}") for pk, merchant, name in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the store's."""
        return queryset.filter(store=whole(self.value())) if self.value() else queryset


class MerchantOfStoreFilter(MerchantFilter):
    """One merchant's rows, of rows that know their store only: those of his stores, by their keys, as the indexes are sorted."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows of the merchant's stores."""
        if not self.value():
            return queryset
        stores = Store.objects.filter(merchant=whole(self.value())).values_list("pk", flat=True)
        return queryset.filter(store__in=list(stores))


class FunctionFilter(ChoiceFilter):
    """Conversations about one function; the choices are what was called lately, so that the journal is not read for them."""

    title = "function"
    parameter_name = "function"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the functions of the latest conversations."""
        latest = Exchange.objects.order_by("-pk").values_list("function", flat=True)[:RECENT]
        return [(function, function) for function in sorted(set(latest))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep that function's."""
        return queryset.filter(function=self.value()) if self.value() else queryset


class ProblemFilter(admin.SimpleListFilter):
    """Stores that somebody has to look at."""

    title = "problem"
    parameter_name = "problem"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return yes and no."""
        return [("yes", "Needs attention"), ("no", "No problem")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep by `standing`, which the list's query carries."""
        if self.value() == "yes":
            return queryset.filter(standing__in=NEEDS_ATTENTION)
        return queryset.exclude(standing__in=NEEDS_ATTENTION) if self.value() == "no" else queryset


class ProblemTextFilter(admin.SimpleListFilter):
    """Rows by whether they tell of a problem."""

    title = "problem"
    parameter_name = "problem"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return yes and no."""
        return [("yes", "With a problem"), ("no", "No problem")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep by whether the sentence is there."""
        if self.value() == "yes":
            return queryset.exclude(problem="")
        return queryset.filter(problem="") if self.value() == "no" else queryset


class OverFilter(admin.SimpleListFilter):
    """What goes on, and what is over; `column` tells when it ended."""

    title = "state"
    parameter_name = "state"
    column = "ended_at"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the two states."""
        return [("open", "Goes on"), ("over", "Over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows of that state."""
        if self.value() not in ("open", "over"):
            return queryset
        return queryset.filter(**{f"{self.column}__isnull": self.value() == "open"})


class AgeFilter(admin.SimpleListFilter):
    """Rows of the last days; `column` tells by which time."""

    title = "age"
    parameter_name = "age"
    column = "created_at"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices, in days."""
        return [("1", "Last 24 hours"), ("7", "Last 7 days"), ("30", "Last 30 days"), ("90", "Last 90 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those of the last so many days."""
        days = min(whole(self.value()), 3650)
        since = timezone.now() - timedelta(days=days)
        return queryset.filter(**{f"{self.column}__gte": since}) if days > 0 else queryset


def by_age(column: str, title: str = "age") -> type[AgeFilter]:
    """Return the filter for a list whose rows are as old as this column says; `title` where that is not plain."""
    return type("ColumnAgeFilter", (AgeFilter,), {"column": column, "title": title})


def whole(text: str | None) -> int:
    """Return the parameter as a number; -1, which no row has, for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else -1
