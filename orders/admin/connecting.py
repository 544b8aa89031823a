"""Connecting a store as a guided form: seven steps, each saved, back and forth, to be left and taken up again."""

from smtplib import SMTPException
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from orders.admin.connecting_forms import CredentialsForm, SheetForm
from orders.admin.connecting_steps import STEPS, Turn
from stores import setup as setups
from stores.admin.lists import PortalAdmin
from stores.admin.passwords import NEW, STALE, issue
from stores.admin.secrets import SECRETS
from stores.admin.words import page_of, when
from stores.legacy import LEGACY_MODULES
from stores.models import Store, StoreSetup
from stores.sheet import mail, sheet

CONNECT = "stores.add_store"
Step = StoreSetup.Step
ENTERED = (
    Step.CREDENTIALS,
    Step.STRATEGY,
    Step.STONE_EDGE,
)  # on the store's page each needs a permission of its own
RESUMED = 20  # unfinished forms that the first page offers


def step_url(store_id: int, step: int) -> str:
    """Return the address of a step."""
    return reverse("admin:stores_store_connect_step", args=[store_id, step])


class ConnectPages(PortalAdmin):
    """The pages of the form, and the list of modules that it no longer reads."""

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the form."""
        view = self.admin_site.admin_view
        return [
            path("connect/", view(self.connect_view), name="stores_store_connect"),
            path(
                "connect/<key:store_id>/<int:step>/", view(self.step_view), name="stores_store_connect_step"
            ),
            path("connect/legacy/", view(self.legacy_view), name="stores_store_legacy"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the guided form: there is one way to connect a store."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:stores_store_connect"))

    def legacy_view(self, request: HttpRequest) -> HttpResponse:
        """Show the modules of the former integration and what replaces each."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = self.frame(request, "Miva modules that are no longer supported") | {"opts": None}
        return TemplateResponse(
            request, "admin/stores/connect/legacy.html", context | {"modules": LEGACY_MODULES}
        )

    @method_decorator(never_cache)
    @method_decorator(sensitive_post_parameters(*SECRETS))
    @sensitive_variables("form")
    def connect_view(self, request: HttpRequest) -> HttpResponse:
        """Step 1 of a store that is not there yet; and the forms that somebody has begun."""
        if not request.user.has_perm(CONNECT):
            raise PermissionDenied
        form = CredentialsForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                begun = setups.begin(merchant=form.merchant, by=request.user, **form.values())
            except ValidationError as error:
                add_errors(form, error)
            else:
                return HttpResponseRedirect(step_url(begun.store_id, Step.CHECK))
        open_ones = StoreSetup.objects.filter(finished_at=None).select_related("store__merchant")
        unfinished = [
            (each, step_url(each.store_id, each.reached), when(each.begun_at))
            for each in open_ones.order_by("-begun_at")[:RESUMED]
        ]
        context = {"form": form, "unfinished": unfinished, "template": STEPS[Step.CREDENTIALS].template}
        return self.step_page(request, None, Step.CREDENTIALS, context)

    @method_decorator(never_cache)
    @method_decorator(sensitive_post_parameters(*SECRETS))
    def step_view(self, request: HttpRequest, store_id: int, step: int) -> HttpResponse:
        """One step of a store that is being connected: show it, or do what its button says."""
        if not request.user.has_perm(CONNECT):
            raise PermissionDenied
        if step not in STEPS:
            raise Http404("There is no such step.")
        begun = get_object_or_404(StoreSetup.objects.select_related("store__merchant"), pk=store_id)
        if begun.finished_at and step in ENTERED:
            messages.info(
                request, "This store is connected. What was entered then is changed on its own page."
            )
            return HttpResponseRedirect(page_of(begun.store))
        turn = Turn(request, begun)
        if "part" in request.GET and STEPS[step].part:
            return TemplateResponse(request, STEPS[step].part, STEPS[step].context(turn))
        if request.method == "POST":
            if step == Step.STONE_EDGE:
                return self.credentials(request, begun)
            if STEPS[step].act(turn):
                ahead = "next" in request.POST or step in (Step.CREDENTIALS, Step.STRATEGY)
                return HttpResponseRedirect(step_url(store_id, step + ahead))
        setups.reach(begun, step)
        return self.step_page(
            request, begun, step, STEPS[step].context(turn) | {"template": STEPS[step].template}
        )

    def step_page(
        self, request: HttpRequest, begun: StoreSetup | None, step: int, more: dict[str, Any]
    ) -> TemplateResponse:
        """Return the page of a step, with the line that shows how far one is."""
        context = self.frame(request, "Connect a store") | {
            "opts": None,  # the title stands in the page's head, instead of a path that leads nowhere
            "setup": begun,
            "twins": Store.objects.active().twins_of(begun.store).select_related("merchant") if begun else (),
            "store": begun.store if begun else None,
            "step": step,
            "step_title": Step(step).label,
            "steps": progress(begun, step),
            "before": step_url(begun.store_id, step - 1) if begun and step > Step.CREDENTIALS else "",
            "after": step_url(begun.store_id, step + 1) if begun and step < Step.PULL else "",
        }
        response = TemplateResponse(request, "admin/stores/connect/step.html", context | more)
        response["Cache-Control"] = "no-store, private"
        return response

    @sensitive_variables("issued", "password", "context")
    def credentials(self, request: HttpRequest, begun: StoreSetup) -> HttpResponse:
        """Step 6: issue a login and show its password in the answer itself, or send the sheet without it."""
        store, here = begun.store, step_url(begun.store_id, Step.STONE_EDGE)
        if "to" in request.POST:
            self.send_sheet(request, store)
            return HttpResponseRedirect(here)
        issued = issue(store.pk, request.POST.get("desktop", NEW), request.POST.get("stamp", ""))
        if issued is None:
            messages.warning(request, STALE)
            return HttpResponseRedirect(here)
        desktop, password = issued
        setups.reach(begun, Step.STONE_EDGE)
        context = STEPS[Step.STONE_EDGE].context(Turn(request, begun)) | {
            "desktop": desktop,
            "password": password,
            "sheet": sheet(store, desktop, password),
            "template": STEPS[Step.STONE_EDGE].template,
        }
        return self.step_page(request, begun, Step.STONE_EDGE, context)

    def send_sheet(self, request: HttpRequest, store: Store) -> None:
        """Send the sheet, and say whether that worked."""
        form = SheetForm(request.POST)
        if not form.is_valid():
            messages.error(request, "Enter the merchant's e-mail address, as in owner@example.com.")
            return
        to = form.cleaned_data["to"]
        try:
            mail(store, store.desktops.filter(active=True).order_by("-pk").first(), to)
        except (OSError, SMTPException):
            messages.error(request, "The mail could not be sent: ask the operators about the mail server.")
            return
        messages.success(
            request, f"The sheet is on its way to {to}, without the password: tell that by telephone."
        )


def progress(begun: StoreSetup | None, step: int) -> list[tuple[int, str, str, str]]:
    """Return number, title, address ("" while it is not to be had) and standing of each step."""
    reached = max(begun.reached, step) if begun else Step.CREDENTIALS
    return [
        (
            each.value,
            str(each.label),
            step_url(begun.store_id, each.value) if begun and each.value <= reached else "",
            "here" if each.value == step else "done" if each.value < reached else "ahead",
        )
        for each in Step
    ]


def add_errors(form: CredentialsForm, error: ValidationError) -> None:
    """Put what the verb refused beside the boxes; what belongs to no box, above them."""
    found = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for name, sentences in found.items():
        form.add_error(name if name in form.fields else None, sentences)
