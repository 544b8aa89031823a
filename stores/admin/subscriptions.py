"""Which programs are told what happens, and every call that tells it. They are made by the REST API; here they are looked at,
tested, stopped and sent again."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from stores import subscriptions
from stores.admin.acting import Act, Asked, ReasonForm, Result, each
from stores.admin.buttons import WithButtons
from stores.admin.exchanges import block
from stores.admin.filters import MerchantOfStoreFilter, ProblemTextFilter, StoreFilter, by_age
from stores.admin.lists import FactAdmin
from stores.admin.words import NEVER, label, link, page_of, short, when
from stores.models import WebhookDelivery, WebhookSubscription

MAY = "stores.act_webhooksubscription"


def stopped(asked: Asked) -> Result:
    """Stop subscriptions."""
    reason = asked.given["reason"]
    changed = [row for row in asked.rows if subscriptions.stop(row, reason)]
    return Result(done=[f"Stopped: {len(changed)}."] if changed else [])


def sent_again(asked: Asked) -> Result:
    """Make deliveries due once more."""
    rows = WebhookDelivery.objects.filter(pk__in=[row.pk for row in asked.rows])
    count = subscriptions.replay(rows)
    return Result(done=[f"{count} will be sent within a minute."] if count else [])


def active(rows: QuerySet[WebhookSubscription]) -> QuerySet[WebhookSubscription]:
    """Keep what is called."""
    return rows.filter(active=True)


TEST = Act(
    "test",
    "Send a test",
    "Send a test to {}?",
    "A call that says that it is a test is made within a minute, and the answer is written down under 'Deliveries'.",
    MAY,
    each(lambda row: bool(subscriptions.ping(row)), "{} tests are on their way."),
    fits=active,
)
STOP = Act(
    "stop",
    "Stop",
    "Stop {}?",
    "The program is not called any more. What it is still owed is given up; it can be sent again once the subscription is started.",
    MAY,
    stopped,
    fits=active,
    form=ReasonForm,
)
START = Act(
    "start",
    "Start",
    "Start {}?",
    "The program is called again from now on. What was given up meanwhile stays so; 'Send again' on its page sends it.",
    MAY,
    each(subscriptions.start, "Started: {}."),
    fits=lambda rows: rows.filter(active=False),
)
AGAIN = Act(
    "again",
    "Send again",
    "Send {} again?",
    "Each goes out as it was written and under the same id: a receiver that has it already drops it.",
    "stores.again_webhookdelivery",
    sent_again,
    fits=subscriptions.replayable,
)


@admin.register(WebhookSubscription)
class WebhookSubscriptionAdmin(WithButtons, FactAdmin):
    """Programs that are told what happens in a store."""

    empty_words = "No program has subscribed yet. It does so by the REST API with a token that has the scope webhooks:write."
    acts: Sequence[Act] = (TEST, STOP, START)
    list_display = ("name", "store_link", "host", "what", "state", "problem_shown", "made")
    list_filter = (
        "active",
        ProblemTextFilter,
        MerchantOfStoreFilter,
        StoreFilter,
        by_age("created_at", "made"),
    )
    export_columns = {
        "merchant": "store__merchant__name",
        "store": "store__name",
        "name": "name",
        "host": "host",
        "about": "events",
        "active": "active",
        "problem": "problem",
        "failures": "failures",
        "fails_since": "failing_since",
        "made": "created_at",
    }
    list_select_related = ("store__merchant",)
    search_fields = ("name", "host", "store__name")
    search_help_text = "Name, host or store"
    sortable_by = ()
    fields = ("name", "store_link", "host", "what", "state", "problem", "failures", "failing", "made")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookSubscription]:
        """Return the subscriptions without address and secret."""
        rows: QuerySet[WebhookSubscription] = super().get_queryset(request)
        return rows.defer("url", "secret")

    @admin.display(description="store")
    def store_link(self, row: WebhookSubscription) -> SafeString:
        """Return a link to the store."""
        return link(page_of(row.store), f"{row.store.merchant} · {row.store.name}")

    @admin.display(description="about")
    def what(self, row: WebhookSubscription) -> str:
        """Return the events."""
        return ", ".join(row.events) or "everything"

    @admin.display(description="state")
    def state(self, row: WebhookSubscription) -> SafeString:
        """Return whether it is called, and whether that works."""
        if not row.active:
            return label("Stopped", "quiet")
        return label("Does not answer", "bad") if row.failures else label("Is called", "good")

    @admin.display(description="problem")
    def problem_shown(self, row: WebhookSubscription) -> SafeString | str:
        """Return how the last call failed."""
        return short(row.problem) if row.problem else NEVER

    @admin.display(description="fails since")
    def failing(self, row: WebhookSubscription) -> Any:
        """Return since when no call has worked."""
        return when(row.failing_since)

    @admin.display(description="made")
    def made(self, row: WebhookSubscription) -> Any:
        """Return when it was made."""
        return when(row.created_at)


class DeliveryStateFilter(admin.SimpleListFilter):
    """Deliveries by where they stand."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the three states."""
        return [("waiting", "On its way"), ("delivered", "Delivered"), ("given_up", "Given up")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]
    ) -> QuerySet[WebhookDelivery]:
        """Keep the deliveries of that state."""
        return queryset.filter(subscriptions.STATES.get(self.value() or "", Q()))


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(WithButtons, FactAdmin):
    """Every call as it was made."""

    empty_words = "Nothing has been told yet: no program has subscribed, or nothing has happened since."
    acts: Sequence[Act] = (AGAIN,)
    list_display = ("event", "store_link", "to", "state", "problem_shown", "made")
    list_filter = (
        DeliveryStateFilter,
        MerchantOfStoreFilter,
        StoreFilter,
        by_age("created_at", "happened"),
        "event",
    )
    export_columns = {
        "merchant": "store__merchant__name",
        "store": "store__name",
        "event": "event",
        "to": "subscription__name",
        "problem": "problem",
        "attempts": "attempts",
        "answer": "response_status",
        "happened": "created_at",
        "delivered": "done_at",
        "given_up": "parked_at",
    }
    list_select_related = ("store__merchant", "subscription")
    search_fields = ("subscription__name", "store__name")
    search_help_text = "Subscription or store"
    sortable_by = ()
    fields = (
        *("event", "key", "store_link", "to", "state", "problem", "remedy", "attempts", "made", "ended"),
        *("response_status", "response", "body_shown"),
    )
    readonly_fields = fields

    @admin.display(description="store")
    def store_link(self, row: WebhookDelivery) -> SafeString:
        """Return a link to the store."""
        return link(page_of(row.store), f"{row.store.merchant} · {row.store.name}")

    @admin.display(description="to")
    def to(self, row: WebhookDelivery) -> SafeString:
        """Return a link to the subscription."""
        return link(page_of(row.subscription), row.subscription)

    @admin.display(description="state")
    def state(self, row: WebhookDelivery) -> SafeString:
        """Return where it stands."""
        if row.done_at:
            return label("Delivered", "good")
        if row.parked_at:
            return label("Given up", "bad")
        return label("Tried again", "warn") if row.problem else label("On its way", "quiet")

    @admin.display(description="problem")
    def problem_shown(self, row: WebhookDelivery) -> SafeString | str:
        """Return why it was not taken."""
        return short(row.problem) if row.problem else NEVER

    @admin.display(description="happened")
    def made(self, row: WebhookDelivery) -> Any:
        """Return when it happened."""
        return when(row.created_at)

    @admin.display(description="ended")
    def ended(self, row: WebhookDelivery) -> Any:
        """Return when it was taken or given up."""
        return when(row.done_at or row.parked_at)

    @admin.display(description="text")
    def body_shown(self, row: WebhookDelivery) -> SafeString:
        """Return what was sent."""
        return block(row.body, "Text")
