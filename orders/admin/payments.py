"""Payment mappings beside the standard ones, and the payment methods that nobody has mapped yet."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from orders import rejudging
from orders.models import Order, PaymentMapping, UnmappedPayment
from orders.payment_mappings import forget_mapped
from orders.payment_preview import Preview, preview
from orders.preview import indented
from orders.translate.cards import issuer
from orders.translate.methods import STANDARD_METHODS, PaymentMethod
from stores.admin.filters import MerchantOfStoreFilter, StoreFilter, whole
from stores.admin.lists import PortalAdmin
from stores.admin.words import NEVER, label, link, page_of
from stores.models import Store
from stores.seti.responses import Payment, render_payment

ADD = "admin:orders_paymentmapping_add"
KEYS = (
    *("last_four_key", "expiry_key", "authorization_key"),
    *("transaction_key", "avs_key", "cvv_result_key"),
)


class PaymentMappingForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A mapping. The button "Preview" shows the form again instead of saving it."""

    @property
    def is_preview(self) -> bool:
        """Whether a preview was asked for."""
        return "_preview" in self.data

    def is_valid(self) -> bool:
        """Return whether it may be saved now."""
        return super().is_valid() and not self.is_preview


def ask(rows: Iterable[PaymentMapping]) -> None:
    """Have the waiting orders of the mappings' stores judged again; the clock finds that within a minute."""
    own = [row.store for row in rows]
    named = [store for store in own if store is not None]
    rejudging.ask(set(named) if len(named) == len(own) else Store.objects.all())


@admin.register(PaymentMapping)
class PaymentMappingAdmin(PortalAdmin):
    """The own rows of the payment table; the standard ones stand below the list."""

    empty_words = (
        "No mapping of your own is needed so far: the standard ones stand below. Add one when a method "
        "is listed under Unmapped payments."
    )
    form = PaymentMappingForm
    list_display = ("recognised", "becomes", "name_shown", "holds_for", "position", "is_enabled")
    list_filter = ("enabled", MerchantOfStoreFilter, StoreFilter, "element")
    export_columns = {
        "merchant": "store__merchant__name",
        "store": "store__name",
        "module": "module",
        "without_module": "without_module",
        "description": "description",
        "becomes": "get_element_display",
        "name": "name",
        "position": "position",
        "enabled": "enabled",
    }
    list_select_related = ("store__merchant",)
    search_fields = ("module", "description", "name")
    search_help_text = "Module code, description or method name"
    autocomplete_fields = ("store",)
    list_after_template = "admin/orders/payment_standards.html"
    change_form_before_template = "admin/orders/payment_preview.html"
    change_form_after_template = "admin/orders/payment_preview_button.html"
    fieldsets = (
        (
            "Which payments",
            {"fields": ("store", "module", "without_module", "description", "position", "enabled")},
        ),
        ("What they become", {"fields": ("element", "name")}),
        (
            "Where the details stand",
            {
                "fields": KEYS,
                "description": "Names of keys in the payment's data as Miva sends it (see an order's page). "
                "Blank: the usual names are tried.",
            },
        ),
    )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the standard mappings below the list."""
        may_add = self.has_add_permission(request)
        context = {"standards": [standard(method) for method in STANDARD_METHODS], "may_add": may_add}
        response: HttpResponse = super().changelist_view(request, (extra_context or {}) | context)
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Add the preview, if one is asked for and the person may see orders."""
        form = context["adminform"].form
        may_see = request.user.has_perm("orders.view_order")
        context["may_preview"] = may_see and self.has_change_permission(request)
        entry = unmapped_entry(request)
        proposed = form.instance if form.is_bound and form.is_preview and not form.errors else None
        if proposed is None and entry is not None and not form.is_bound:
            proposed = PaymentMapping(**suggestion(entry))
        if proposed is not None and may_see:
            context["preview"] = shown(preview(proposed, example_of(entry)))
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: PaymentMapping, form: Any, change: bool) -> None:
        """Save, have the orders of the stores it holds and held for judged again, and forget what is mapped now."""
        before = list(PaymentMapping.objects.select_related("store").filter(pk=obj.pk))
        super().save_model(request, obj, form, change)
        ask([obj, *before])
        gone = forget_mapped()
        if gone:
            entries = "entry is" if gone == 1 else "entries are"
            messages.info(request, f"{gone} unmapped {entries} mapped now.")

    def delete_model(self, request: HttpRequest, obj: PaymentMapping) -> None:
        """Delete; the orders that wait are judged again without it."""
        super().delete_model(request, obj)
        ask([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[PaymentMapping]) -> None:
        """Delete several."""
        rows = list(queryset.select_related("store"))
        super().delete_queryset(request, queryset)
        ask(rows)

    @admin.display(description="module / description")
    def recognised(self, row: PaymentMapping) -> str:
        """Return the patterns."""
        return row.recognised

    @admin.display(description="Stone Edge payment", ordering="element")
    def becomes(self, row: PaymentMapping) -> str:
        """Return the element's name."""
        return row.get_element_display()

    @admin.display(description="method name")
    def name_shown(self, row: PaymentMapping) -> str:
        """Return the name, or that Miva's is taken."""
        return row.name or NEVER

    @admin.display(description="holds for")
    def holds_for(self, row: PaymentMapping) -> SafeString | str:
        """Return the store, or that it is for all."""
        if row.store is None:
            return "All stores"
        return link(page_of(row.store), f"{row.store.merchant} · {row.store.name}")

    @admin.display(description="state")
    def is_enabled(self, row: PaymentMapping) -> SafeString:
        """Return whether it is asked."""
        return label("Enabled", "good") if row.enabled else label("Off", "quiet")


def suggestion(entry: UnmappedPayment) -> dict[str, Any]:
    """Return the fields of a mapping for an unmapped entry: for its store, by its module, else by its description."""
    is_card = bool(issuer(entry.description))
    return {
        "store_id": entry.store_id,
        "module": entry.module,
        "description": "" if entry.module else entry.description,
        "element": PaymentMapping.Element.CARD if is_card else PaymentMapping.Element.GENERIC,
        "name": "" if is_card else entry.description[:100],
    }


def unmapped_entry(request: HttpRequest) -> UnmappedPayment | None:
    """Return the entry that the form was opened from."""
    number = whole(request.GET.get("unmapped"))
    entry: UnmappedPayment | None = (
        UnmappedPayment.objects.select_related("store__merchant").filter(pk=number).first()
    )
    return entry


def example_of(entry: UnmappedPayment | None) -> Order | None:
    """Return the latest order with the entry's payment."""
    if entry is None:
        return None
    rows = Order.objects.of(entry.store).filter(miva_id=entry.order_number)
    order: Order | None = rows.select_related("store__merchant").first()
    return order


def address_of_new(**fields: object) -> str:
    """Return the address of a form that is filled in."""
    given = {
        name.removesuffix("_id"): value for name, value in fields.items() if value not in ("", None, False)
    }
    return f"{reverse(ADD)}?{urlencode(given)}"


def standard(method: PaymentMethod) -> dict[str, Any]:
    """Return what the list of standard mappings shows of one."""
    element = PaymentMapping.Element(method.kind.value)
    fields = {"module": method.module, "description": method.description}
    own = {"element": element.value, "name": method.name, "without_module": method.without_module}
    return {
        "title": method.title,
        "becomes": element.label,
        "name": method.name or NEVER,
        "override": address_of_new(**fields, **own),
    } | {name: pattern or NEVER for name, pattern in fields.items()}


def shown(result: Preview) -> dict[str, Any]:
    """Return what the page shows of a preview."""
    order = result.example
    return {
        "order": link(page_of(order), f"order {order.miva_id}") if order else None,
        "before": laid_out(result.before),
        "after": laid_out(result.after),
        "same": result.before == result.after,
        "changed": result.changed,
        "looked": result.looked,
        "is_part": result.is_part,
    }


def laid_out(payments: tuple[Payment, ...]) -> str:
    """Return the payments' XML with one element a line."""
    return "\n".join(indented(render_payment(payment)) for payment in payments) or "no payment"
