"""Stores: the list that shows who needs help, and the page with everything about one store."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ORDER_VAR
from django.db.models import QuerySet, URLField
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters
from unfold.widgets import UnfoldAdminTextInputWidget

from stores import cursors
from stores.admin.actions import StoreActions
from stores.admin.deleting import refusals
from stores.admin.fieldsets import FIELDSETS, HELP
from stores.admin.filters import MerchantFilter, ProblemFilter, by_age
from stores.admin.lists import UncountedChangeList, is_list_of
from stores.admin.passwords import PasswordPages
from stores.admin.secrets import SECRETS, StoreForm, secret_box
from stores.admin.standing import state_label, with_standing
from stores.admin.webhooks import WebhookPages
from stores.admin.words import NEVER, link, list_of, page_of, short, when
from stores.fields import EncryptedTextField
from stores.health import ServiceHealth, State, summary
from stores.models import Desktop, PullCursor, Store

Facts = list[tuple[str, Any]]


class StoreChangeList(UncountedChangeList):
    """The list of stores. While nobody has chosen a column, none is marked as sorted: urgency decides."""

    def get_ordering_field_columns(self) -> dict[int, str]:
        """Return the columns that the person chose."""
        chosen: dict[int, str] = super().get_ordering_field_columns() if ORDER_VAR in self.params else {}
        return chosen


IDENTITY = frozenset({"endpoint", "store_code"})
ANOTHER_STORE = (
    "Orders of {} were pulled before. If the new address or store code is that of another Miva store, change it back and connect "
    "that one as a store of its own: two orders with the same number would be taken for one."
)
MATTERS_TO_A_PULL = frozenset(
    {
        *(
            "endpoint",
            "store_code",
            "token",
            "signing_key",
            "digest",
            "timestamp",
            "basic_user",
            "basic_password",
        ),
        *("strategy", "queue_code", "start_from", "interval_minutes", "active", "paused_reason"),
    }
)


@admin.register(Store)
class StoreAdmin(StoreActions, PasswordPages, WebhookPages):
    """One Miva store. What orders add to its pages is added by `orders.admin`."""

    empty_words = (
        "No store is connected yet. Press 'Connect a store': the form leads through it step by step."
    )
    form = StoreForm
    export_columns = {
        "merchant": "merchant__name",
        "store": "name",
        "slug": "slug",
        "endpoint": "endpoint",
        "store_code": "store_code",
        "strategy": "get_strategy_display",
        "interval_minutes": "interval_minutes",
        "active": "active",
        "paused_reason": "paused_reason",
        "last_attempt": "cursor__last_tried_at",
        "last_success": "cursor__last_good_at",
        "problem": "cursor__problem",
    }
    list_display: Sequence[str] = (
        "name",
        "merchant_name",
        "state",
        "problem",
        "tried",
        "succeeded",
        "next_run",
    )
    list_display_links = ("name",)
    list_filter = (ProblemFilter, MerchantFilter, "active", "strategy", by_age("created_at", "connected"))
    list_select_related = ("merchant", "cursor")
    search_fields = ("name", "slug", "store_code", "endpoint", "merchant__name")
    search_help_text = "Store, merchant, store code or address"
    autocomplete_fields = ("merchant",)
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("last_overlap", "created_at")
    change_form_outer_before_template = "admin/stores/store/strip.html"
    fieldsets = FIELDSETS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Store]:
        """Return the stores with how they stand; Django's own would sort before there is anything to sort by."""
        return with_standing(Store.objects.all()).order_by(*self.get_ordering(request))

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the list's order, what needs a person first; elsewhere stores are only choices, which know no urgency."""
        return (
            ("urgency", "merchant__name", "pk")
            if is_list_of(request, Store)
            else ("merchant__name", "name", "pk")
        )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[UncountedChangeList]:
        """Return the list that is sorted by urgency."""
        return StoreChangeList

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the buttons."""
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/password/", view(self.password_view), name="stores_store_password"),
            path("<path:object_id>/webhook/", view(self.webhook_view), name="stores_store_webhook"),
            *super().get_urls(),
        ]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Leave out "delete selected": a store is deleted from its own page, or not at all."""
        return {
            name: action for name, action in super().get_actions(request).items() if name != "delete_selected"
        }

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Give secrets a box that never shows what is stored; an address without a scheme is an https one."""
        if isinstance(db_field, EncryptedTextField):
            return secret_box(db_field)
        if isinstance(db_field, URLField):
            kwargs |= {"assume_scheme": "https", "widget": UnfoldAdminTextInputWidget}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Store | None = None) -> Any:
        """Leave out the boxes for secrets, unless the person may enter them."""
        boxes = super().get_fieldsets(request, obj)
        return (
            boxes if self.may(request, "secrets") else [box for box in boxes if box[1]["fields"] != SECRETS]
        )

    @method_decorator(sensitive_post_parameters(*SECRETS))
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form, with the strip about the store's health above it."""
        store = self.get_object(request, object_id) if object_id else None
        if store is not None:
            extra_context = (extra_context or {}) | self.strip(request, store)
        response: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        return response

    def get_form(self, request: HttpRequest, obj: Store | None = None, **kwargs: Any) -> Any:
        """Explain each box in support's words, also to those who may only look."""
        return super().get_form(request, obj, **{"help_texts": HELP} | kwargs)

    @admin.display(description="overlap of the last pull")
    def last_overlap(self, store: Store) -> str:
        """Return how many numbers the last pull by order number really looked back."""
        cursor = getattr(store, "cursor", None)
        numbers = cursor.number_overlap if cursor else 0
        return f"{numbers:,} numbers" if numbers else "no pull by order number yet"

    def save_model(self, request: HttpRequest, obj: Store, form: Any, change: bool) -> None:
        """Save; a new store is due at once, and so is one that a change may have mended or made faster."""
        super().save_model(request, obj, form, change)
        if not change or MATTERS_TO_A_PULL & set(form.changed_data):
            self.mended(obj)
        pulled = PullCursor.objects.filter(store=obj, last_good_at__isnull=False)
        if IDENTITY & set(form.changed_data) and pulled.exists():
            messages.warning(request, ANOTHER_STORE.format(obj))

    def mended(self, store: Store) -> None:
        """Let what a change may have mended be tried at once: here the pull, in other apps what they push."""
        cursors.make_due([store])

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """Return what stands in the way of deleting: logins and orders do."""
        return refusals(self, objs, request)

    def strip(self, request: HttpRequest, store: Store) -> dict[str, Any]:
        """Return what stands above the form."""
        health = summary(store)
        return {
            "health": health,
            "health_label": state_label(health.state),
            "facts": self.facts(store, health),
            "buttons": self.buttons(request, store),
            "links": self.links(request, store),
            "may_password": self.may(request, "password"),
            "may_webhook": self.may(request, "webhook"),
        }

    def facts(self, store: Store, health: ServiceHealth) -> Facts:
        """Return names and values of the strip."""
        cursor = getattr(store, "cursor", None)
        return [
            ("Failed in a row", cursor.failures if cursor else 0),
            ("Miva's clock", clock(cursor.clock_offset if cursor else None)),
            ("Stone Edge logins", desktops(store)),
        ]

    def buttons(self, request: HttpRequest, store: Store) -> list[tuple[str, str]]:
        """Return the buttons that this person may press as name of the address and words; each is a POST."""
        return self.offered(request, store)

    def links(self, request: HttpRequest, store: Store) -> list[SafeString]:
        """Return links to lists about this store."""
        may_see = request.user.has_perm("stores.view_auditentry")
        trail = [link(list_of("stores_auditentry", store=store.pk), "Audit trail")] if may_see else []
        return [link(list_of("stores_exchange", store=store.pk), "Exchanges"), *trail]

    @admin.display(description="merchant", ordering="merchant__name")
    def merchant_name(self, store: Store) -> SafeString:
        """Return a link to the merchant."""
        return link(page_of(store.merchant), store.merchant)

    @admin.display(description="state", ordering="urgency")
    def state(self, store: Store) -> SafeString:
        """Return the state as a label."""
        return state_label(health_of(store).state)

    @admin.display(description="problem")
    def problem(self, store: Store) -> SafeString | str:
        """Return what is wrong, on one line; nothing when nothing is."""
        health = health_of(store)
        return NEVER if health.state in (State.OK, State.OFF) else short(health.sentence)

    @admin.display(description="last attempt", ordering="cursor__last_tried_at")
    def tried(self, store: Store) -> Any:
        """Return when it was tried last."""
        return when(health_of(store).last_tried_at)

    @admin.display(description="last success", ordering="cursor__last_good_at")
    def succeeded(self, store: Store) -> Any:
        """Return when it worked last."""
        return when(health_of(store).last_good_at)

    @admin.display(description="next run", ordering="cursor__due_at")
    def next_run(self, store: Store) -> Any:
        """Return when the clock pulls it next."""
        return when(health_of(store).next_run_at)


def health_of(store: Store) -> ServiceHealth:
    """Return the health of a row of the list, judged once per row; asks the database for nothing."""
    known: ServiceHealth | None = getattr(store, "_health", None)
    if known is None:
        known = summary(store, timezone.now())
        store._health = known  # type: ignore[attr-defined]
    return known


def clock(offset: float | None) -> str:
    """Return how far Miva's clock is from ours, in words."""
    if offset is None:
        return "not known yet"
    if abs(offset) < 2:
        return "agrees with ours"
    return f"{abs(offset):.0f} seconds {'ahead of' if offset > 0 else 'behind'} ours"


def desktops(store: Store) -> SafeString | str:
    """Return how many logins there are, when one last called and with which version."""
    rows = Desktop.objects.filter(store=store)
    count = rows.filter(active=True).count()
    if not count:
        return "none: issue a password"
    latest = (
        rows.exclude(last_seen_at=None)
        .order_by("-last_seen_at")
        .values("last_seen_at", "client_version")
        .first()
    )
    words = link(list_of("stores_desktop", store=store.pk), f"{count} active")
    if latest is None:
        return format_html("{}, never seen", words)
    version = f", version {latest['client_version']}" if latest["client_version"] else ""
    return format_html("{}, last seen {}{}", words, when(latest["last_seen_at"]), version)
