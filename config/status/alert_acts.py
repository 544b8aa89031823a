"""What an owner does on the page *Alerts*: addresses without a login are asked and removed, webhooks added, tried and removed."""

import secrets
from functools import partial

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from config.alerts import subscribing
from config.alerts.forms import AddressForm, HookForm
from config.status.acts import too_soon
from config.status.alerts import Shown, alerts_page, back, owned
from config.status.viewer import for_viewer
from config.tasks import send_notices
from stores.limits import ASK_ADDRESS, TEST_HOOK, wait_before
from stores.models import AlertHook, AlertRecipient, Merchant
from stores.nudges import nudge

MOST_ADDRESSES, MOST_HOOKS = 20, 10  # of a merchant
SECRET_BYTES = 32


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
        subscribing.add_address(seen, email, form.cleaned_data["language"])
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
    if not form.is_valid():
        return alerts_page(request, seen, Shown(hook=form))
    given, secret = form.cleaned_data, secrets.token_urlsafe(SECRET_BYTES)
    hook = AlertHook(
        merchant=seen, secret=secret, time_zone=seen.time_zone, made_by_id=request.user.pk, **given
    )
    with transaction.atomic():
        Merchant.objects.select_for_update(no_key=True).get(
            pk=seen.pk
        )  # whoever sends the same at once, waits
        if problem := hook_problem(seen, hook.name):
            form.add_error(None, problem)
            return alerts_page(request, seen, Shown(hook=form))
        subscribing.add_hook(hook)
    return alerts_page(request, seen, Shown(made=hook, secret=secret))


def hook_problem(merchant: Merchant, name: str) -> str:
    """Return why a webhook cannot be added; empty when it can. A form that was sent twice adds no second one."""
    if merchant.alerthooks.count() >= MOST_HOOKS:
        return _("There are %(count)s webhooks. Remove one first.") % {"count": MOST_HOOKS}
    if not merchant.alerthooks.filter(name__iexact=name).exists():
        return ""
    sentence = _(
        "There is a webhook %(name)s already, and its signing secret was shown once. If it was not written down, remove the "
        "webhook and add it again."
    )
    return sentence % {"name": name}


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


def sent(merchant: Merchant) -> HttpResponse:
    """Knock at the workers, for there is something to send, and lead back to the page."""
    transaction.on_commit(partial(nudge, send_notices))
    return back(merchant)
