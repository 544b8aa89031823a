"""The page *Alerts*: what a member is told and how often; owners also say who else is told, and where alerts are posted."""

import secrets
import zoneinfo
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.alerts import subscribing
from config.alerts.forms import AddressForm, ChoicesForm, HookForm
from config.status.acts import too_soon
from config.status.viewer import for_viewer, page
from config.status.views import nobody
from config.tasks import send_notices
from stores.access import merchants_of, owned_merchants_of
from stores.admin.zones import viewer_zone
from stores.limits import ASK_ADDRESS, TEST_HOOK, wait_before
from stores.models import AlertHook, AlertRecipient, Membership, Merchant, Notice
from stores.nudges import nudge

MOST_ADDRESSES, MOST_HOOKS = 20, 10  # of a merchant
SECRET_BYTES = 32


@dataclass(frozen=True)
class Shown:
    """What was typed and cannot be taken, and a secret that is shown this once."""

    choices: ChoicesForm | None = None
    address: AddressForm | None = None
    hook: HookForm | None = None
    made: AlertHook | None = None
    secret: str = ""


@for_viewer
@require_GET
def alerts(request: HttpRequest) -> HttpResponse:
    """Lead to the merchant's page; to choose from where there are several merchants."""
    if leave := nobody(request):
        return leave
    merchants = list(merchants_of(request).order_by("name"))
    if len(merchants) == 1:
        return back(merchants[0])
    return page(request, "alerts_merchants", {"merchants": merchants})


@for_viewer
@require_http_methods(["GET", "POST"])
def alerts_of(request: HttpRequest, merchant: str) -> HttpResponse:
    """What this person is told about one merchant's stores; POST keeps what he chooses."""
    if leave := nobody(request):
        return leave
    seen = get_object_or_404(merchants_of(request), slug=merchant)
    if request.method != "POST":
        return alerts_page(request, seen, Shown())
    recipient = own(request, seen)
    form = ChoicesForm(recipient, request.POST)
    if not form.is_valid():
        return alerts_page(request, seen, Shown(choices=form))
    subscribing.choose(recipient, form.chosen, form.chosen_stores)
    messages.success(request, _("Kept. Your alerts follow it from now on."))
    return back(seen)


@for_viewer
@require_http_methods(["GET", "POST"])
def add_address(request: HttpRequest, merchant: str) -> HttpResponse:
    """Ask an address without a login whether it wants the alerts. Whoever loads a refused form's page anew is led back."""
    seen = owned(request, merchant)
    if request.method != "POST":
        return back(seen)
    form = AddressForm(request.POST)
    if not form.is_valid():
        return alerts_page(request, seen, Shown(address=form))
    email = form.cleaned_data["email"]
    known = seen.alertrecipients.filter(email__iexact=email).first()
    if problem := address_problem(seen, known):
        form.add_error("email", problem)
        return alerts_page(request, seen, Shown(address=form))
    if known:
        subscribing.question(known)
    else:
        given = {"language": form.cleaned_data["language"], "time_zone": seen.time_zone}
        subscribing.add_address(AlertRecipient(merchant=seen, email=email, **given))
    messages.success(
        request, _("%(address)s is asked by mail, and told once it has agreed.") % {"address": email}
    )
    return sent(seen)


def address_problem(merchant: Merchant, known: AlertRecipient | None) -> str:
    """Return why an address cannot be asked; empty when it can."""
    if known and (known.confirmed_at or not known.active):
        return _("This address is there already.")
    if not known and merchant.alertrecipients.filter(member=None).count() >= MOST_ADDRESSES:
        return _("There are %(count)s addresses. Remove one first.") % {"count": MOST_ADDRESSES}
    wait = wait_before(ASK_ADDRESS, merchant)
    return too_soon(wait) if wait else ""


@for_viewer
@require_POST
def remove_address(request: HttpRequest, merchant: str, pk: int) -> HttpResponse:
    """Forget an address without a login."""
    seen = owned(request, merchant)
    subscribing.remove(get_object_or_404(seen.alertrecipients.filter(member=None), pk=pk))
    messages.success(request, _("Removed: nothing is sent there any more."))
    return back(seen)


@for_viewer
@sensitive_post_parameters("hook-url")
@sensitive_variables("form", "secret", "given", "hook")
@require_http_methods(["GET", "POST"])
def add_hook(request: HttpRequest, merchant: str) -> HttpResponse:
    """Save a webhook, and show its signing secret this once."""
    seen = owned(request, merchant)
    if request.method != "POST":
        return back(seen)
    form = HookForm(request.POST)
    if form.is_valid() and seen.alerthooks.count() >= MOST_HOOKS:
        form.add_error(None, _("There are %(count)s webhooks. Remove one first.") % {"count": MOST_HOOKS})
    if not form.is_valid():
        return alerts_page(request, seen, Shown(hook=form))
    given, secret = form.cleaned_data, secrets.token_urlsafe(SECRET_BYTES)
    hook = AlertHook(
        merchant=seen, secret=secret, time_zone=seen.time_zone, made_by_id=request.user.pk, **given
    )
    subscribing.add_hook(hook)
    return alerts_page(request, seen, Shown(made=hook, secret=secret))


@for_viewer
@require_POST
def remove_hook(request: HttpRequest, merchant: str, pk: int) -> HttpResponse:
    """Forget a webhook."""
    seen = owned(request, merchant)
    subscribing.remove(get_object_or_404(seen.alerthooks, pk=pk))
    messages.success(request, _("Removed: nothing is sent there any more."))
    return back(seen)


@for_viewer
@require_POST
def test_hook(request: HttpRequest, merchant: str, pk: int) -> HttpResponse:
    """Have a test message posted."""
    seen = owned(request, merchant)
    hook = get_object_or_404(seen.alerthooks.filter(active=True), pk=pk)
    if wait := wait_before(TEST_HOOK, seen):
        messages.warning(request, too_soon(wait))
        return back(seen)
    subscribing.test(hook)
    messages.success(request, _("The test is on its way. Reload this page in a moment to see the answer."))
    return sent(seen)


def owned(request: HttpRequest, slug: str) -> Merchant:
    """Return the merchant for whom this person may do something. Raises Http404 for any other."""
    merchant: Merchant = get_object_or_404(owned_merchants_of(request), slug=slug)
    return merchant


def own(request: HttpRequest, merchant: Merchant) -> AlertRecipient:
    """Return the person's own row; where there is none, a new one that is told nothing. Raises Http404 for who is no member."""
    member = get_object_or_404(Membership, user=request.user.pk, merchant=merchant)
    row = AlertRecipient.objects.filter(member=member).select_related("member__user", "merchant").first()
    return row or AlertRecipient(
        member=member,
        merchant=merchant,
        active=False,
        confirmed_at=timezone.now(),
        time_zone=viewer_zone(request, zone_of(merchant)).key,
        language=translation.get_language(),
    )


def zone_of(merchant: Merchant) -> zoneinfo.ZoneInfo:
    """Return the zone of the merchant's office."""
    return zoneinfo.ZoneInfo(merchant.time_zone)


def back(merchant: Merchant) -> HttpResponse:
    """Lead back to the page."""
    return HttpResponseRedirect(reverse("status:alerts-of", args=[merchant.slug]))


def sent(merchant: Merchant) -> HttpResponse:
    """Knock at the workers, for there is something to send, and lead back to the page."""
    transaction.on_commit(partial(nudge, send_notices))
    return back(merchant)


def alerts_page(request: HttpRequest, merchant: Merchant, shown: Shown) -> HttpResponse:
    """Return the whole page. Whoever views as the merchant sees what an owner sees, without what is a person's own."""
    member = Membership.objects.filter(user=request.user.pk, merchant=merchant).first()
    viewing = member is None or request.user.is_staff
    context: dict[str, Any] = {"merchant": merchant, "viewing_only": viewing}
    if not viewing:
        recipient = own(request, merchant)
        context |= {"recipient": recipient, "choices": shown.choices or ChoicesForm(recipient)}
    if viewing or (member and member.role == Membership.Role.OWNER):
        context |= of_owners(merchant, shown)
    return page(request, "alerts", context, zone=zone_of(merchant))


def of_owners(merchant: Merchant, shown: Shown) -> dict[str, Any]:
    """Return what only owners see."""
    language = {"language": translation.get_language()}
    return {
        "owned": True,
        "addresses": merchant.alertrecipients.filter(member=None).order_by("email"),
        "address_form": shown.address or AddressForm(initial=language),
        "hooks": with_last_call(merchant.alerthooks.all()),
        "hook_form": shown.hook or HookForm(initial=language),
        "made": shown.made,
        "secret": shown.secret,
        "members": merchant.memberships.select_related("user").order_by("role", "user__username"),
    }


def with_last_call(hooks: QuerySet[AlertHook]) -> QuerySet[Any]:
    """Return the webhooks with what became of the latest message: the status that was answered, when it was given up or taken."""
    latest = Notice.objects.filter(hook=OuterRef("pk")).order_by("-pk")
    fields = ("created_at", "response_status", "done_at", "parked_at", "problem")
    return hooks.annotate(**{f"last_{name}": Subquery(latest.values(name)[:1]) for name in fields})
