"""The page *Alerts*: what a member is told and how often; owners also say who else is told, and where alerts are posted."""

import zoneinfo
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from config.alerts import subscribing
from config.alerts.forms import AddressForm, ChoicesForm, HookForm
from config.status.viewer import for_viewer, page
from config.status.views import nobody
from stores.access import merchants_of, owned_merchants_of
from stores.admin.zones import viewer_zone
from stores.models import AlertHook, AlertRecipient, Membership, Merchant, Notice


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
