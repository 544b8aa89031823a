"""Who is told: people and webhooks."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.alerts import subscribing
from config.alerts.admin.forms import ChoosingForm, HookForm
from stores.admin.acting import Act, Asked, Result
from stores.admin.buttons import WithButtons
from stores.admin.filters import MerchantFilter, by_age
from stores.admin.lists import PortalAdmin
from stores.admin.words import NEVER, label, link, page_of
from stores.health import Service
from stores.models import AlertHook, AlertRecipient, Notice, Problem


def tested(asked: Asked) -> Result:
    """Write a test message for each webhook."""
    for hook in asked.rows:
        subscribing.test(hook)
    return Result(
        done=["The test is on its way. Its row under 'Alert notices' shows the answer within a minute."]
    )


def asked_again(asked: Asked) -> Result:
    """Ask each address again whether it is right."""
    for recipient in asked.rows:
        subscribing.question(recipient)
    return Result(done=[f"{len(asked.rows)} asked again. The link in the mail is good for a week."])


TEST = Act(
    "test",
    "Send a test",
    "Send a test message to {}?",
    "A message that says that it is a test is posted to the address, and the answer is written down.",
    "stores.test_alerthook",
    tested,
    fits=lambda rows: rows.filter(active=True),
)
ASK = Act(
    "ask",
    "Ask again",
    "Ask {} again whether the address is right?",
    "A mail with a link is sent. Until somebody follows it, no alerts go there.",
    "stores.change_alertrecipient",
    asked_again,
    fits=lambda rows: rows.filter(confirmed_at=None, active=True),
)


class DestinationAdmin(WithButtons, PortalAdmin):
    """Who is told."""

    autocomplete_fields: Sequence[str] = ("merchant", "stores")
    list_filter: Sequence[Any] = ("active", MerchantFilter, by_age("created_at", "added"))
    list_select_related: Sequence[str] = ("merchant",)
    sortable_by = ()

    @admin.display(description="about")
    def whose(self, row: Any) -> SafeString | str:
        """Return the merchant, or that it is support."""
        return link(page_of(row.merchant), row.merchant) if row.merchant else "all merchants (support)"

    @admin.display(description="what")
    def what(self, row: Any) -> str:
        """Return what is told."""
        services = [str(Service(each).label) for each in row.services]
        kinds = [str(Problem.Kind(each).label) for each in row.kinds]
        stores = [store.name for store in row.stores.all()]
        return "; ".join(filter(None, map(", ".join, (stores, services, kinds)))) or "everything"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows with the stores that they are about."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.prefetch_related("stores")


class ConfirmedFilter(admin.SimpleListFilter):
    """People by whether they have said that the address is right."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the states."""
        return [("told", "Is told"), ("asked", "Not confirmed yet"), ("unsubscribed", "Unsubscribed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AlertRecipient]) -> QuerySet[AlertRecipient]:
        """Keep the people of that state, as the column tells it."""
        states = {
            "told": Q(active=True, confirmed_at__isnull=False),
            "asked": Q(active=True, confirmed_at=None),
            "unsubscribed": Q(active=False, unsubscribed_at__isnull=False),
        }
        return queryset.filter(states.get(self.value() or "", Q()))


@admin.register(AlertRecipient)
class AlertRecipientAdmin(DestinationAdmin):
    """People who are told by e-mail."""

    empty_words = "Nobody is told yet. Add the support team's own address first, without a merchant."
    form = ChoosingForm
    acts: Sequence[Act] = (ASK,)
    list_display = ("__str__", "whose", "what", "often", "language", "state")
    list_select_related = ("merchant", "member__user", "member__merchant")
    list_filter = (ConfirmedFilter, *DestinationAdmin.list_filter, "often")
    export_columns = {
        "merchant": "merchant__name",
        "email": "address",
        "services": "services",
        "kinds": "kinds",
        "how_often": "get_often_display",
        "language": "get_language_display",
        "active": "active",
        "confirmed": "confirmed_at",
        "unsubscribed": "unsubscribed_at",
    }
    search_fields = ("email", "member__user__email", "merchant__name")
    search_help_text = "Address or merchant"
    autocomplete_fields = ("merchant", "member", "stores")
    fieldsets = (
        (None, {"fields": ("merchant", "member", "email", "active", "state")}),
        ("What", {"fields": ("stores", "services", "kinds")}),
        ("How", {"fields": ("often", "digest_hour", "time_zone", "language")}),
    )
    readonly_fields = ("state",)

    @admin.display(description="state")
    def state(self, row: AlertRecipient) -> SafeString:
        """Return whether mails go there, and if not, why."""
        if row.unsubscribed_at and not row.active:
            return label("Unsubscribed", "quiet")
        if not row.active:
            return label("Switched off", "quiet")
        if not row.confirmed_at:
            return label("Not confirmed yet", "warn")
        if row.member and not row.member.user.has_usable_password():
            return label("Has no password yet", "warn")
        return label("Is told", "good")

    def save_model(self, request: HttpRequest, obj: AlertRecipient, form: Any, change: bool) -> None:
        """Save; a new or changed address is asked first, and so is who had unsubscribed."""
        back = obj.active and obj.unsubscribed_at is not None
        if obj.active:
            obj.unsubscribed_at = None
        super().save_model(request, obj, form, change)
        if back or not change or {"email", "member"} & set(form.changed_data):
            (subscribing.question if back else subscribing.ask)(obj)
            if back or not obj.member_id:
                messages.info(
                    request,
                    f"{obj.address} is asked whether it wants the alerts, and told once it has agreed.",
                )


@admin.register(AlertHook)
class AlertHookAdmin(DestinationAdmin):
    """Addresses to which alerts are posted."""

    empty_words = (
        "No webhook yet. In Slack: Apps → Incoming Webhooks → Add; enter the address that Slack shows."
    )
    form = HookForm
    acts: Sequence[Act] = (TEST,)
    list_display = ("name", "whose", "what", "state", "last_answer")
    export_columns = {
        "merchant": "merchant__name",
        "name": "name",
        "services": "services",
        "kinds": "kinds",
        "active": "active",
        "last_answer": "answered",
        "added": "created_at",
    }
    search_fields = ("name", "merchant__name")
    search_help_text = "Name or merchant"
    fieldsets = (
        (None, {"fields": ("merchant", "name", "url", "secret", "active")}),
        ("What", {"fields": ("stores", "services", "kinds")}),
        ("How", {"fields": ("time_zone", "language")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlertHook]:
        """Return the rows with the status of the last answer."""
        newest = Notice.objects.filter(hook=OuterRef("pk"), response_status__isnull=False).order_by("-pk")
        rows: QuerySet[AlertHook] = super().get_queryset(request)
        return rows.annotate(answered=Subquery(newest.values("response_status")[:1]))

    @admin.display(description="state")
    def state(self, row: AlertHook) -> SafeString:
        """Return whether it is called."""
        return label("Is told", "good") if row.active else label("Switched off", "quiet")

    @admin.display(description="last answer")
    def last_answer(self, row: Any) -> str:
        """Return the status that the receiver answered last."""
        return str(row.answered or NEVER)

    def save_model(self, request: HttpRequest, obj: AlertHook, form: Any, change: bool) -> None:
        """Save, with who made it."""
        if not change:
            obj.made_by_id = request.user.pk
        super().save_model(request, obj, form, change)
