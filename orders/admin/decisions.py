"""What support decides about orders: try again, ignore with a reason, release. One from its page, several from the list."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from orders.models import Order, Resend
from orders.release import WAITING, downloaded, ignore, release, resend, retry
from stores.admin.lists import FactAdmin
from stores.admin.words import page_of
from stores.models import Store


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(max_length=200)


@dataclass(frozen=True)
class Question:
    """What is asked before something is done with orders."""

    action: str
    words: str
    explanation: str
    states: Sequence[str]
    none: str
    needs_reason: bool = False


IGNORE = Question(
    "ignore_selected",
    "Ignore",
    "What is ignored is set aside for good: Stone Edge does not get it, nobody is asked about it again, and a later version "
    "from Miva does not change that. 'Release' takes it back.",
    WAITING,
    "None of these orders is held or incomplete: there is nothing to ignore.",
    needs_reason=True,
)
RELEASE = Question(
    "release_selected",
    "Release",
    "What is released is judged with the store's present settings: when it is complete and can be translated, it goes to "
    "Stone Edge, at the end of the sequence.",
    (Order.State.IGNORED,),
    "None of these orders is ignored: there is nothing to release.",
)
RESEND = Question(
    "resend_selected",
    "Send again to Stone Edge",
    "What is sent again takes a new place at the end of the sequence and comes with the next download, translated with the "
    "store's present settings. Stone Edge may still have the earlier copy: delete it there first, or the order is skipped.",
    (Order.State.EXPORTABLE,),
    "None of these orders was given to a desktop at its present place: there is nothing to send again. What waits comes with the "
    "next download by itself.",
    needs_reason=True,
)
# What is said about orders in a state after they were judged: words for the message, words for the history.
JUDGED: Mapping[str, tuple[str, str]] = {
    Order.State.EXPORTABLE: ("{} released for Stone Edge.", "released"),
    Order.State.HELD: (
        "{} still held: nothing that could change the result has changed.",
        "still held",
    ),
    Order.State.INCOMPLETE: ("{} incomplete: no payment is recorded in Miva yet.", "still incomplete"),
    Order.State.IGNORED: ("{} ignored.", "ignored"),
}


class OrderDecisions(FactAdmin):
    """Actions of the list, and the buttons of the page. Sending again needs a permission of its own."""

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may decide about orders."""
        return self.may(request, "decide")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may send orders to Stone Edge again."""
        return self.may(request, "resend")

    def retry_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The button "Try again": judge the order with the store's present settings."""
        order = self.row_for(request, object_id, "decide")
        if request.method == "POST":
            self.retry(request, [order])
        return HttpResponseRedirect(page_of(order))

    def ignore_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The button "Ignore…": ask for the reason, then ignore."""
        order = self.row_for(request, object_id, "decide")
        return self.ignored(request, [order], page_of(order)) or HttpResponseRedirect(page_of(order))

    def release_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The button "Release…": ask, then release."""
        order = self.row_for(request, object_id, "decide")
        return self.released(request, [order], page_of(order)) or HttpResponseRedirect(page_of(order))

    def resend_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The button "Send again to Stone Edge…": ask for the reason, then send again."""
        order = self.row_for(request, object_id, "resend")
        return self.resent(request, [order], page_of(order)) or HttpResponseRedirect(page_of(order))

    @admin.action(description="Try again", permissions=["decide"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Judge the held and incomplete ones among the selected orders again."""
        self.retry(request, list(queryset))

    @admin.action(description="Ignore…", permissions=["decide"])
    def ignore_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Ask for the reason, then ignore the held and incomplete ones."""
        return self.ignored(request, list(queryset), request.get_full_path())

    @admin.action(description="Release…", permissions=["decide"])
    def release_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Ask, then release the ignored ones."""
        return self.released(request, list(queryset), request.get_full_path())

    @admin.action(description="Send again to Stone Edge…", permissions=["resend"])
    def resend_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Ask for the reason, then give the downloaded ones a new place in the sequence."""
        return self.resent(request, list(queryset), request.get_full_path())

    def retry(self, request: HttpRequest, orders: Sequence[Order]) -> None:
        """Judge orders again, store by store, and say what came of it."""
        chosen = [order for order in orders if order.state in WAITING]
        for store, numbers in by_store(chosen):
            retry(store, numbers)
        self.judged(request, chosen, "Tried again")
        if not chosen:
            messages.info(request, "None of these orders is held or incomplete.")

    def ignored(self, request: HttpRequest, orders: Sequence[Order], back: str) -> HttpResponse | None:
        """Ignore orders, if the reason is given; else return the page that asks for it."""
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        chosen = [order for order in orders if order.state in IGNORE.states]
        if chosen and not form.is_valid():
            return self.question(request, IGNORE, chosen, len(orders), back, form)
        if not chosen:
            messages.info(request, IGNORE.none)
            return None
        reason = form.cleaned_data["reason"]
        for store, numbers in by_store(chosen):
            ignore(store, numbers, reason)
        self.note_ignored(request, chosen, reason)
        return None

    def note_ignored(self, request: HttpRequest, chosen: Sequence[Order], reason: str) -> None:
        """Write the reason into the history of each order; one that went to Stone Edge a moment before is left out."""
        after = states(chosen)
        changed = [order for order in chosen if after[order.pk] == Order.State.IGNORED]
        for order in changed:
            self.log_change(request, order, f"Ignored: {reason}")
        messages.success(request, f"{are(len(changed))} ignored.")

    def released(self, request: HttpRequest, orders: Sequence[Order], back: str) -> HttpResponse | None:
        """Release ignored orders, if that is confirmed; else return the page that asks."""
        chosen = [order for order in orders if order.state in RELEASE.states]
        if not chosen:
            messages.info(request, RELEASE.none)
            return None
        if "sure" not in request.POST:
            return self.question(request, RELEASE, chosen, len(orders), back)
        for store, numbers in by_store(chosen):
            release(store, numbers)
        self.judged(request, chosen, "No longer ignored")
        return None

    def resent(self, request: HttpRequest, orders: Sequence[Order], back: str) -> HttpResponse | None:
        """Send orders again, if the reason is given; else return the page that asks for it."""
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        given = set(
            downloaded(Order.objects.filter(pk__in=[each.pk for each in orders])).values_list("pk", flat=True)
        )
        chosen = [order for order in orders if order.pk in given]
        if chosen and not form.is_valid():
            return self.question(request, RESEND, chosen, len(orders), back, form)
        if not chosen:
            messages.info(request, RESEND.none)
            return None
        reason = form.cleaned_data["reason"]
        moved = {
            row.order_id: row
            for store, numbers in by_store(chosen)
            for row in resend(store, numbers, reason=reason, by=request.user)
        }
        self.note_resent(request, chosen, moved, reason)
        return None

    def note_resent(
        self, request: HttpRequest, chosen: Sequence[Order], moved: Mapping[int, Resend], reason: str
    ) -> None:
        """Write into the history of each order what became of it, and tell how many go again and how many cannot."""
        for order in chosen:
            row = moved.get(order.pk)
            words = (
                f"Sent again as export number {row.export_number}"
                if row
                else "Not sent again, because it is held now"
            )
            self.log_change(request, order, f"{words}: {reason}")
        if moved:
            messages.success(request, f"{are(len(moved))} sent again, with the next download.")
        if left := len(chosen) - len(moved):
            messages.warning(request, f"{are(left)} not sent again: see the order for the reason.")

    def question(
        self,
        request: HttpRequest,
        question: Question,
        chosen: Sequence[Order],
        selected: int,
        back: str,
        form: ReasonForm | None = None,
    ) -> TemplateResponse:
        """Return the page that asks."""
        context = self.frame(request, f"{question.words} {count(len(chosen))}") | {
            "question": question,
            "orders": chosen,
            "left_out": selected - len(chosen),
            "form": form,
            "back": back,
        }
        return TemplateResponse(request, "admin/orders/order/question.html", context)

    def judged(self, request: HttpRequest, orders: Sequence[Order], what: str) -> None:
        """Write into the history what became of each order, and tell how many became what."""
        after = states(orders)
        for order in orders:
            self.log_change(request, order, f"{what}: {JUDGED[after[order.pk]][1]}.")
        for state, number in sorted(Counter(after.values()).items()):
            tell = messages.success if state == Order.State.EXPORTABLE else messages.warning
            tell(request, JUDGED[state][0].format(are(number)))


def by_store(orders: Iterable[Order]) -> list[tuple[Store, list[int]]]:
    """Return the order numbers store by store."""
    found: dict[Store, list[int]] = {}
    for order in orders:
        found.setdefault(order.store, []).append(order.miva_id)
    return list(found.items())


def states(orders: Iterable[Order]) -> dict[int, str]:
    """Return where the orders stand now, by primary key."""
    return dict(Order.objects.filter(pk__in=[order.pk for order in orders]).values_list("pk", "state"))


def count(orders: int) -> str:
    """Return "1 order" or "3 orders"."""
    return "1 order" if orders == 1 else f"{orders} orders"


def are(orders: int) -> str:
    """Return "1 order is" or "3 orders are"."""
    return f"{count(orders)} {'is' if orders == 1 else 'are'}"
