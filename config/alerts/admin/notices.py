"""What was sent, and what was given up."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import truncatechars
from django.utils import timezone
from django.utils.safestring import SafeString

from stores.admin.acting import Act, Asked, Result
from stores.admin.buttons import WithButtons
from stores.admin.filters import MerchantFilter, by_age, whole
from stores.admin.lists import FactAdmin
from stores.admin.words import NEVER, label, link, page_of, short, when
from stores.models import Notice
from stores.outbox import OPEN, PARKED


def sent_again(asked: Asked) -> Result:
    """Make notices due that were given up."""
    now = timezone.now()
    rows = Notice.objects.filter(PARKED, pk__in=[row.pk for row in asked.rows])
    count = rows.update(parked_at=None, due_at=now, created_at=now, attempts=0)
    return Result(done=[f"{count} will be sent within a minute."])


AGAIN = Act(
    "again",
    "Send again",
    "Send {} again?",
    "For what was given up, once the cause is mended. It goes out as it was written; what has changed since is told by itself.",
    "stores.again_notice",
    sent_again,
    fits=lambda rows: rows.filter(PARKED),
)


class StateFilter(admin.SimpleListFilter):
    """Notices by whether they have gone out."""

    title = "state"
    parameter_name = "state"
    conditions = {"open": OPEN, "sent": Q(done_at__isnull=False), "parked": PARKED}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the three states."""
        return [("open", "On its way"), ("sent", "Sent"), ("parked", "Given up")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notice]) -> QuerySet[Notice]:
        """Keep the notices of that state."""
        return queryset.filter(self.conditions.get(self.value() or "", Q()))


class AddressedFilter(MerchantFilter):
    """What went to one merchant's people and programs."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notice]) -> QuerySet[Notice]:
        """Keep the merchant's."""
        if not self.value():
            return queryset
        key = whole(self.value())
        return queryset.filter(Q(recipient__merchant=key) | Q(hook__merchant=key))


@admin.register(Notice)
class NoticeAdmin(WithButtons, FactAdmin):
    """Every mail and every call as it was sent."""

    empty_words = "Nothing has been sent yet."
    acts: Sequence[Act] = (AGAIN,)
    list_display = ("subject_shown", "to", "purpose", "state", "problem_shown", "made")
    list_filter = (StateFilter, AddressedFilter, by_age("created_at", "written"), "purpose")
    export_columns = {
        "written": "created_at",
        "subject": "subject",
        "to": "destination",
        "why": "get_purpose_display",
        "problem": "problem",
        "attempts": "attempts",
        "answer": "response_status",
        "sent": "done_at",
        "given_up": "parked_at",
    }
    list_select_related = ("recipient__member__user", "recipient__merchant", "hook")
    search_fields = ("subject", "recipient__email", "hook__name")
    search_help_text = "Subject, address or webhook"
    sortable_by = ()
    fields = (
        *("subject", "to", "purpose", "state", "problem", "remedy", "attempts", "made", "ended"),
        *("response_status", "response", "text_shown"),
    )
    readonly_fields = fields

    @admin.display(description="subject")
    def subject_shown(self, row: Notice) -> str:
        """Return the subject on one line."""
        return truncatechars(row.subject, 80)

    @admin.display(description="to")
    def to(self, row: Notice) -> SafeString:
        """Return a link to the destination."""
        return link(page_of(row.destination), row.destination)

    @admin.display(description="state")
    def state(self, row: Notice) -> SafeString:
        """Return whether it has gone out."""
        if row.done_at:
            return label("Sent", "good")
        if row.parked_at:
            return label("Given up", "bad")
        return label("Tried again", "warn") if row.problem else label("On its way", "quiet")

    @admin.display(description="problem")
    def problem_shown(self, row: Notice) -> SafeString | str:
        """Return why it has not gone out."""
        return short(row.problem) if row.problem else NEVER

    @admin.display(description="written")
    def made(self, row: Notice) -> Any:
        """Return when it was written."""
        return when(row.created_at)

    @admin.display(description="ended")
    def ended(self, row: Notice) -> Any:
        """Return when it went out or was given up."""
        return when(row.done_at or row.parked_at)

    @admin.display(description="text")
    def text_shown(self, row: Notice) -> str:
        """Return what was sent. A question holds a link by which anybody could agree in the other's place: it is not shown."""
        return "not shown" if row.purpose == Notice.Purpose.CONFIRM else without_links(row.text)


def without_links(text: str) -> str:
    """Return a mail's text without the link that ends the mails: whoever has it can follow it."""
    return "\n".join(line for line in text.splitlines() if "/alerts/" not in line)
