"""The payment methods that nobody has mapped yet: each becomes a mapping, or there is nothing to map."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from orders.admin.payments import address_of_new, suggestion
from orders.models import UnmappedPayment
from stores.admin.acting import Act, Asked, ReasonForm, Result
from stores.admin.buttons import WithButtons
from stores.admin.filters import MerchantOfStoreFilter, StoreFilter, by_age
from stores.admin.lists import FactAdmin
from stores.admin.words import NEVER, link, list_of, page_of, when
from stores.audit import note_each

MAKE = "orders.add_paymentmapping"  # who may make mappings may decide that there is none to make


def dismissed(asked: Asked) -> Result:
    """Set entries aside, with the reason and who gave it; their payments go on being counted."""
    reason = asked.given["reason"]
    fields = {"dismissed_at": timezone.now(), "dismissed_because": reason, "dismissed_by": asked.user}
    decide("nothing to map", asked.rows, fields, reason)
    words = f"Out of the list: {len(asked.rows)}. They stay generic payments."
    return Result(done=[words])


def restored(asked: Asked) -> Result:
    """Have entries in the list again."""
    fields = {"dismissed_at": None, "dismissed_because": "", "dismissed_by": None}
    decide("to be mapped after all", asked.rows, fields)
    words = f"In the list again: {len(asked.rows)}."
    return Result(done=[words])


def decide(verb: str, rows: list[UnmappedPayment], fields: dict[str, Any], reason: str = "") -> None:
    """Write a decision about entries, and note it."""
    with transaction.atomic():
        UnmappedPayment.objects.filter(pk__in=[row.pk for row in rows]).update(**fields)
        note_each(verb, rows, reason=reason)


DISMISS = Act(
    "dismiss",
    "Nothing to map",
    "Nothing to map for {}?",
    "The payments go to Stone Edge as generic payments under their own name, as before. The entries leave the list, and are found "
    "by the filter 'Nothing to map'.",
    MAKE,
    dismissed,
    fits=lambda rows: rows.filter(dismissed_at=None),
    form=ReasonForm,
)
RESTORE = Act(
    "restore",
    "Take back",
    "Take back that there is nothing to map for {}?",
    "The entries return to the list of those that are to be mapped.",
    MAKE,
    restored,
    fits=lambda rows: rows.exclude(dismissed_at=None),
)


class StandingFilter(admin.SimpleListFilter):
    """Those that somebody has to look at, unless the dismissed ones are asked for."""

    title = "state"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what there is beside the open ones."""
        return [("dismissed", "Nothing to map")]

    def choices(self, changelist: Any) -> Any:
        """Call the choice without a value by what it shows."""
        first, *others = super().choices(changelist)
        yield first | {"display": "To be mapped"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the dismissed ones or the others."""
        return queryset.filter(dismissed_at__isnull=self.value() != "dismissed")


@admin.register(UnmappedPayment)
class UnmappedPaymentAdmin(WithButtons, FactAdmin):
    """Payment methods that are sent as generic payments, because no row of the table fits."""

    empty_words = "Every payment method that came with orders is recognised: nothing has to be done."
    export_columns = {
        "merchant": "store__merchant__name",
        "store": "store__name",
        "module": "module",
        "description": "description",
        "count": "count",
        "first_seen": "first_seen",
        "last_seen": "last_seen",
        "example_order": "order_number",
        "nothing_to_map": "dismissed_because",
    }
    acts = (DISMISS, RESTORE)
    list_display = (
        "method",
        "store_link",
        "count",
        "first",
        "last",
        "example",
        "dismissal",
        "make",
        "decide",
    )
    list_display_links = None
    list_filter = (StandingFilter, MerchantOfStoreFilter, StoreFilter, by_age("last_seen", "last seen"))
    list_select_related = ("store__merchant", "dismissed_by")
    ordering = ("-last_seen", "-pk")
    sortable_by = ()

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Leave the links out for those who may not make mappings."""
        return self.list_display if request.user.has_perm(MAKE) else self.list_display[:-2]

    def act_view(self, request: HttpRequest, object_id: str, act: Act) -> HttpResponse:
        """A link of the list: back to the list afterwards, because an entry's own page says no more."""
        answer = super().act_view(request, object_id, act)
        is_done = isinstance(answer, HttpResponseRedirect)
        return HttpResponseRedirect(list_of("orders_unmappedpayment")) if is_done else answer

    @admin.display(description="module / description")
    def method(self, row: UnmappedPayment) -> str:
        """Return what the payments say."""
        return str(row)

    @admin.display(description="store")
    def store_link(self, row: UnmappedPayment) -> SafeString:
        """Return a link to the store."""
        return link(page_of(row.store), f"{row.store.merchant} · {row.store.name}")

    @admin.display(description="first seen")
    def first(self, row: UnmappedPayment) -> SafeString | str:
        """Return when the first one came."""
        return when(row.first_seen)

    @admin.display(description="last seen")
    def last(self, row: UnmappedPayment) -> SafeString | str:
        """Return when the latest one came."""
        return when(row.last_seen)

    @admin.display(description="example order")
    def example(self, row: UnmappedPayment) -> SafeString:
        """Return the latest order with it, as a link."""
        return link(list_of("orders_order", store=row.store_id, q=row.order_number), row.order_number)

    @admin.display(description="")
    def make(self, row: UnmappedPayment) -> SafeString:
        """Return the link to a form that is filled in."""
        return link(address_of_new(**suggestion(row), unmapped=row.pk), "Make a mapping")

    @admin.display(description="reason")
    def dismissal(self, row: UnmappedPayment) -> str:
        """Return why there is nothing to map, and who said so."""
        return f"{row.dismissed_because} ({row.dismissed_by})" if row.dismissed_at else NEVER

    @admin.display(description="")
    def decide(self, row: UnmappedPayment) -> SafeString:
        """Return the link to the question, or to the way back."""
        if row.dismissed_at:
            return link(reverse("admin:orders_unmappedpayment_restore", args=[row.pk]), "Take back…")
        return link(reverse("admin:orders_unmappedpayment_dismiss", args=[row.pk]), "Nothing to map…")
