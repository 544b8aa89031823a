"""What support does with stores: check the connection, pause, resume. One store from its page, several from the list."""

from collections.abc import Iterable

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from stores.admin.lists import PortalAdmin
from stores.admin.words import page_of
from stores.check import check_store
from stores.models import Store
from stores.pausing import set_pause

MOST_CHECKS = 5  # at once: each asks Miva a dozen questions while the page waits


class PauseForm(forms.Form):
    """Why."""

    reason = forms.CharField(max_length=200, label="Reason", help_text="Shown wherever the store is shown.")


class StoreActions(PortalAdmin):
    """Actions of the list, and the buttons of the page. All need the permission to change stores."""

    def check_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The button "Check connection": ask Miva and show each answer."""
        store = self.to_change(request, object_id)
        return (
            self.checked(request, [store])
            if request.method == "POST"
            else HttpResponseRedirect(page_of(store))
        )

    def checked(self, request: HttpRequest, stores: Iterable[Store]) -> TemplateResponse:
        """Return the page with the checks of these stores."""
        results = [(store, check_store(store)) for store in stores]
        shown = [(store, checks, [check for check in checks if not check.ok]) for store, checks in results]
        context = self.frame(request, "Connection check") | {"results": shown}
        return TemplateResponse(request, "admin/stores/store/checks.html", context)

    @admin.action(description="Check connection", permissions=["change"])
    def check_selected(self, request: HttpRequest, queryset: QuerySet[Store]) -> HttpResponse | None:
        """Check several stores."""
        stores = list(queryset[: MOST_CHECKS + 1])
        if len(stores) > MOST_CHECKS:
            message = f"Choose at most {MOST_CHECKS} stores for a check: each takes some seconds. Nothing was checked."
            messages.warning(request, message)
            return None
        return self.checked(request, stores)

    @admin.action(description="Pause", permissions=["change"])
    def pause_selected(self, request: HttpRequest, queryset: QuerySet[Store]) -> HttpResponse | None:
        """Ask for the reason, then pause."""
        form = PauseForm(request.POST if "reason" in request.POST else None)
        if not form.is_valid():
            context = self.frame(request, "Pause stores") | {"stores": list(queryset), "form": form}
            return TemplateResponse(request, "admin/stores/store/pause.html", context)
        reason = form.cleaned_data["reason"]
        for store in queryset:
            self.set_pause(request, store, reason, f"Paused: {reason}")
        messages.success(request, "Paused. Orders that are here already still go to Stone Edge.")
        return None

    @admin.action(description="Resume", permissions=["change"])
    def resume_selected(self, request: HttpRequest, queryset: QuerySet[Store]) -> None:
        """Let the clock pull the stores again."""
        paused = list(queryset.exclude(paused_reason=""))
        for store in paused:
            self.set_pause(request, store, "", "Resumed.")
        count = len(paused)
        messages.success(
            request,
            f"{count} store{'' if count == 1 else 's'} resumed; the clock pulls them when they are due.",
        )

    def set_pause(self, request: HttpRequest, store: Store, reason: str, words: str) -> None:
        """Set or end the pause and write it into the history."""
        set_pause(store, reason)
        self.log_change(request, store, words)
