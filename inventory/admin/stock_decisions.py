"""The buttons and actions of the stock pages. All need the permission to change stock."""

from collections.abc import Callable

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from inventory import decide, tasks
from inventory.models import StockPush
from stores.admin.lists import FactAdmin
from stores.admin.words import page_of
from stores.seti.stock_updates import LARGEST

TOO_LATE = "Nothing was changed: the row has moved on since the page was opened."


class FigureForm(forms.Form):
    """What Miva's figure is to be."""

    figure = forms.IntegerField(min_value=-LARGEST, max_value=LARGEST)


class StockDecisions(FactAdmin):
    """What support may do with the stock of a SKU; each decision is in the row's history."""

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may decide about stock."""
        return request.user.has_perm("inventory.change_stockpush")

    def check_may_view(self, request: HttpRequest) -> None:
        """Raise PermissionDenied for somebody who may not see stock."""
        if not self.has_view_permission(request):
            raise PermissionDenied

    def arrived_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The button "It has arrived"."""
        who = request.user.get_username()
        return self.decided(
            request, object_id, lambda push: decide.arrived(push, who), "It has arrived in Miva."
        )

    def send_again_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The button "Send it again"."""
        return self.decided(request, object_id, decide.send_again, "It is sent again.")

    def try_again_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The button "Try again"."""
        return self.decided(
            request, object_id, lambda push: bool(decide.try_again([push])), "It is tried again."
        )

    def give_up_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The button "Give up"."""
        who = request.user.get_username()
        words = "Given up: Miva's figure stays as it is."
        return self.decided(request, object_id, lambda push: decide.give_up(push, who), words)

    def set_to_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The button "Set to"."""
        form = FigureForm(request.POST)
        if request.method == "POST" and not form.is_valid():
            messages.error(request, "Enter the figure that Miva is to have as a whole number.")
            return HttpResponseRedirect(page_of(self.push_to_decide(request, object_id)))

        def set_to(push: StockPush) -> bool:
            decide.set_to(push.store, push.sku, form.cleaned_data["figure"], request.user)
            return True

        return self.decided(request, object_id, set_to, f"Miva is set to {form.data.get('figure', '')}.")

    @admin.action(description="Try again", permissions=["decide"])
    def try_selected_again(self, request: HttpRequest, queryset: QuerySet[StockPush]) -> None:
        """Let the selected rows that wait or are parked be pushed now."""
        pushes = list(queryset.select_related("store"))
        count = decide.try_again(pushes)
        for store_id in {push.store_id for push in pushes}:
            tasks.nudge_stock(store_id)
        messages.info(
            request,
            f"{count} of {len(pushes)} selected rows are pushed now; the others have arrived or need an answer.",
        )

    @admin.action(description="Set to what the ledger expects (with drift)", permissions=["decide"])
    def set_selected_to_expected(self, request: HttpRequest, queryset: QuerySet[StockPush]) -> None:
        """Take the drift of the selected rows back."""
        words = "Miva's figure is set to what the ledger expects."
        self.decided_for_each(
            request, queryset, lambda push: decide.set_to_expected(push, request.user), words
        )

    @admin.action(description="It has arrived (parked)", permissions=["decide"])
    def selected_have_arrived(self, request: HttpRequest, queryset: QuerySet[StockPush]) -> None:
        """Settle the selected rows in doubt as arrived."""
        who = request.user.get_username()
        self.decided_for_each(
            request, queryset, lambda push: decide.arrived(push, who), "It has arrived in Miva."
        )

    @admin.action(description="Send it again (parked)", permissions=["decide"])
    def send_selected_again(self, request: HttpRequest, queryset: QuerySet[StockPush]) -> None:
        """Send the selected rows in doubt again."""
        self.decided_for_each(request, queryset, decide.send_again, "It is sent again.")

    @admin.action(description="Give up (parked)", permissions=["decide"])
    def give_selected_up(self, request: HttpRequest, queryset: QuerySet[StockPush]) -> None:
        """Drop what the selected parked rows hold."""
        who = request.user.get_username()
        words = "Given up: Miva's figure stays as it is."
        self.decided_for_each(request, queryset, lambda push: decide.give_up(push, who), words)

    def decided_for_each(
        self,
        request: HttpRequest,
        queryset: QuerySet[StockPush],
        act: Callable[[StockPush], bool],
        words: str,
    ) -> None:
        """Do what an action says with each row that it fits, and say with how many."""
        pushes = list(queryset.select_related("store"))
        done = [push for push in pushes if act(push)]
        for push in done:
            self.log_change(request, push, words)
        for store_id in {push.store_id for push in done}:
            tasks.nudge_stock(store_id)
        messages.info(request, f"{len(done)} of {len(pushes)} selected rows: {words}")

    def decided(
        self, request: HttpRequest, object_id: int, act: Callable[[StockPush], bool], words: str
    ) -> HttpResponse:
        """Do what a button says, write it into the history and say what came of it; a look at the address alone does nothing."""
        push = self.push_to_decide(request, object_id)
        if request.method == "POST":
            if act(push):
                self.log_change(request, push, words)
                messages.success(request, words)
                tasks.nudge_stock(push.store_id)
            else:
                messages.warning(request, TOO_LATE)
        return HttpResponseRedirect(page_of(push))

    def push_to_decide(self, request: HttpRequest, object_id: int) -> StockPush:
        """Return the row of a button that was pressed. Raises Http404 or PermissionDenied."""
        if not self.has_decide_permission(request):
            raise PermissionDenied
        push = StockPush.objects.select_related("store__merchant").filter(pk=object_id).first()
        if push is None:
            raise Http404("There is no such row of stock.")
        found: StockPush = push
        return found
