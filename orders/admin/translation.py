"""The translation page of a store: its settings and custom field mappings, tried on an order before they are saved."""

from copy import copy
from functools import cached_property, partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from orders import fields, settings
from orders.admin import journey
from orders.admin.translation_forms import (
    BLANK_ROWS,
    FIELDS,
    ON_STORE,
    ORDERS,
    MappingFormSet,
    SampleForm,
    TranslationForm,
    offered,
    orders_offered,
    rows_of,
)
from orders.models import CustomFieldMapping, FieldDiscovery, Job, Order
from orders.preview import Document, Effect, changes, compare, document, effect, raw_text, unpaid
from orders.rules import rules_of, settings_of
from orders.settings import ChangedMeanwhile
from orders.tasks import rejudge_store, run_field_discovery
from orders.translate import Rules
from stores.admin.filters import whole
from stores.admin.lists import PortalAdmin
from stores.admin.words import link, list_of, page_of, when
from stores.models import Store
from stores.nudges import nudge

VIEW, CHANGE = "orders.view_translationsettings", "orders.change_translationsettings"
STALE = (
    "Somebody else has saved these settings since you opened the page. Nothing was saved: your changes are still in the form. "
    "Open the page anew in another tab to see the present settings, and enter there what you want to change."
)


class TranslationPages(PortalAdmin):
    """The page, and the button that asks Miva for the store's custom fields."""

    @method_decorator(never_cache)
    @method_decorator(sensitive_post_parameters("pasted"))
    @method_decorator(require_http_methods(["GET", "POST"]))
    def translation_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the settings; on POST try them (nothing is written), add rows, or save."""
        store = self.store_to_translate(request, object_id)
        page = TranslationPage(request, store)
        if "save" in request.POST:
            if not page.may_change:
                raise PermissionDenied
            if page.is_valid() and (saved := self.save_translation(request, page)):
                return saved
        context = self.admin_site.each_context(request) | page.context()
        context |= {"title": "Translation for Stone Edge", "opts": self.opts, "original": store}
        return TemplateResponse(request, "admin/stores/store/translation.html", context)

    def store_to_translate(self, request: HttpRequest, object_id: str) -> Store:
        """Return the store of the page. Raises Http404 or PermissionDenied."""
        if not may(request.user, VIEW):
            raise PermissionDenied
        store = self.get_object(request, object_id)
        if store is None:
            raise Http404("There is no such store.")
        found: Store = store
        return found

    def save_translation(self, request: HttpRequest, page: "TranslationPage") -> HttpResponse | None:
        """Save what the page holds; None when somebody else was faster."""
        store = page.store
        back = HttpResponseRedirect(page.address())
        changed = page.changed()
        if not changed:
            messages.info(request, "Nothing was changed, so nothing was saved.")
            return back
        try:
            page.save()
        except ChangedMeanwhile:
            page.problem = STALE
            return None
        transaction.on_commit(partial(nudge, rejudge_store, store.pk))
        messages.success(
            request,
            "Saved. The next download is made with it. Orders that are held or wait are judged again in the background; orders "
            "that Stone Edge has stay as they are there, unless they are sent again.",
        )
        return back

    def discover_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The button "Ask Miva now"."""
        store = self.store_to_translate(request, object_id)
        if not may(request.user, CHANGE):
            raise PermissionDenied
        if request.method == "POST":
            transaction.on_commit(partial(nudge, run_field_discovery, fields.ask(store).pk))
            messages.success(request, "Asking Miva. Reload this page in a moment.")
        return HttpResponseRedirect(reverse("admin:stores_store_translation", args=[store.pk]))


class TranslationPage:
    """What a person has before him: the saved settings, those in the form, and an order under both."""

    def __init__(self, request: HttpRequest, store: Store) -> None:
        """Read the saved settings and bind the forms to what was sent."""
        self.request, self.store, self.user = request, store, request.user
        self.problem = ""
        self.saved = settings_of(store)
        self.saved_mappings = list(CustomFieldMapping.objects.of(store))
        self.may_change = may(self.user, CHANGE)
        sent = request.POST if request.method == "POST" else None
        self.form = TranslationForm(
            sent,
            instance=copy(self.saved),
            store=store,
            may_change_store=may(self.user, "stores.change_store"),
        )
        # What was sent stands for itself: next to initial rows, one like its initial row would count as empty.
        rows = rows_of(self.saved_mappings) if sent is None else None
        self.mappings = MappingFormSet(rows_added(sent), initial=rows, prefix="mappings")
        self.sample = SampleForm(chosen(request), store=store)

    @cached_property
    def present(self) -> Rules:
        """The rules that are saved."""
        return rules_of(self.store, self.saved, self.saved_mappings)

    @cached_property
    def tried(self) -> Rules:
        """The rules in the form; the saved ones while the form has none or wrong ones."""
        if not self.is_valid():
            return self.present
        store = copy(self.store)
        for name in ON_STORE:
            setattr(store, name, self.form.cleaned_data[name])
        return rules_of(store, self.form.instance, self.mappings.mappings(store))

    def is_valid(self) -> bool:
        """Whether settings and mappings were sent and can be used."""
        return bool(self.form.is_bound and self.form.is_valid() and self.mappings.is_valid())

    def changed(self) -> list[str]:
        """Return in words what is different from what is saved."""
        words = [
            str(self.form.fields[name].label).lower() for name in self.form.changed_data if name != "seen"
        ]
        mapped = self.present.custom_field_rules != self.tried.custom_field_rules
        return [*words, *(["custom field mappings"] if mapped else [])]

    def save(self) -> None:
        """Save settings and mappings. Raises ChangedMeanwhile."""
        settings.change(
            self.store,
            self.form.instance,
            self.mappings.mappings(self.store),
            self.form.changes_on_store(),
            seen=self.form.cleaned_data["seen"],
            by=self.user,
        )

    def address(self) -> str:
        """Return the page's own address, with the order that was chosen."""
        page = reverse("admin:stores_store_translation", args=[self.store.pk])
        number = self.sample.cleaned_data.get("order") if self.sample.is_valid() else ""
        return f"{page}?order={number}" if number else page

    def context(self) -> dict[str, Any]:
        """Return what the page shows."""
        differs = self.tried != self.present
        return {
            "subtitle": str(self.store),
            "store": self.store,
            "form": self.form,
            "boxes": [self.form[name] for name in self.form.fields if name != "seen"],
            "mappings": self.mappings,
            "fields_list": FIELDS,
            "offered": offered(self.store),
            "discovery": discovery_words(self.store),
            "all_fields": link(list_of("orders_customfield", store=self.store.pk), "Miva's custom fields"),
            "problem": self.problem or self.wrong(),
            "may_change": self.may_change,
            "sample": self.sample,
            "may_choose": (may_choose := may(self.user, "orders.view_order")),
            "orders_list": ORDERS,
            "orders_offered": orders_offered(self.store) if may_choose else [],
            "tried": self.is_valid(),
            "differs": differs,
            "effect": effect_words(effect(self.store, self.present, self.tried)) if differs else "",
        } | self.sample_context()

    def wrong(self) -> str:
        """Return what the sentence above the form says when something in it cannot be used."""
        if not self.form.is_bound or self.is_valid():
            return ""
        problems = [str(problem) for problem in self.mappings.non_form_errors()]
        return " ".join(["Something in the form cannot be used; it is said beneath the box.", *problems])

    def sample_context(self) -> dict[str, Any]:
        """Return what the page shows of the order: nothing while none is chosen, or none may be."""
        if not (self.sample.is_bound and self.sample.is_valid() and self.sample.raw is not None):
            return {"document": None}
        if not may(self.user, "orders.view_order"):
            raise PermissionDenied
        raw, row = self.sample.raw, self.sample.row
        present, tried = document(raw, self.present), document(raw, self.tried)
        lines = compare(present, tried)
        return {
            "document": tried,
            "lines": lines,
            "changes": changes(lines) if present.exact and tried.exact else [],
            "verdict": verdict(present, tried),
            "raw_text": raw_text(raw),
            "standing": standing(row),
            "unmapped": link(list_of("orders_unmappedpayment", store=self.store.pk), "Unmapped payments"),
            "order_link": link(page_of(row), f"Order {row.miva_id}") if row else "",
            "unpaid": unpaid(self.store, raw),
        }


def may(user: User | AnonymousUser, permission: str) -> bool:
    """Whether the person has the permission; who may change may look, too."""
    return user.has_perm(permission) or (permission == VIEW and user.has_perm(CHANGE))


def rows_added(sent: Any) -> Any:
    """Return what was sent, with more rows for mappings when that button was pressed."""
    if sent is None or "rows" not in sent:
        return sent
    more = sent.copy()
    total = whole(more.get("mappings-TOTAL_FORMS"))
    more["mappings-TOTAL_FORMS"] = str(total + BLANK_ROWS if total >= 0 else 0)
    return more


def chosen(request: HttpRequest) -> dict[str, str] | None:
    """Return which order was chosen: by the form, or by the page's address."""
    if request.method == "POST":
        given = {name: str(request.POST.get(name, "")) for name in ("order", "pasted")}
    else:  # an address is no place for an order's content
        given = {"order": str(request.GET.get("order", "")), "pasted": ""}
    return given if any(given.values()) else None


def standing(row: Order | None) -> str:
    """Return where the order is, as it stands behind a link with its number."""
    if row is None:
        return "A pasted order."
    words, number = journey.sentence(row, journey.first_download(row)), f"Order {row.miva_id}: "
    return f"is held: {words.removeprefix(number)}" if words.startswith(number) else words


def verdict(present: Document, tried: Document) -> str:
    """Return what the tried settings do to the order, in a sentence."""
    if present.exact and tried.exact:
        same = present.exact == tried.exact
        return "It is sent as with the saved settings." if same else "It would be sent differently."
    if tried.exact:
        return "It is held with the saved settings, and would be released."
    return "It would be held, and is not with the saved settings." if present.exact else "It is held."


def effect_words(found: Effect) -> str:
    """Return how many of the orders that wait would change."""
    if not found.looked_at:
        return "No order is held or waits for Stone Edge at this moment: the change is for those to come."
    which = (
        f"Of the first {found.looked_at:,} orders that are held or wait for Stone Edge"
        if found.more
        else f"Of the {found.looked_at:,} orders that are held or wait for Stone Edge"
    )
    if found.looked_at == 1 and not found.more:
        which = "Of the one order that is held or waits for Stone Edge"
    parts = [f"{found.altered:,} would be sent differently"]
    parts += [f"{found.released:,} would be released"] if found.released else []
    parts += [f"{found.held:,} would be held"] if found.held else []
    more = " There are more, which were not looked at." if found.more else ""
    return f"{which}, {', '.join(parts)}.{more}"


def discovery_words(store: Store) -> list[SafeString | str]:
    """Return when Miva was asked for the store's fields, and what came of it."""
    row = FieldDiscovery.objects.of(store).first()
    if row is None:
        return ["Miva has not been asked for the store's custom fields yet."]
    words: list[SafeString | str] = ["Last asked:", when(row.finished_at or row.started_at)]
    if row.problem:
        words.append(f"{row.problem} {row.remedy}")
    elif row.state in (Job.State.WAITING, Job.State.RUNNING):
        words.append("Being asked at this moment, or as soon as a worker is free.")
    return words
