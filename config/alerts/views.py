"""The pages behind the links in the mails. They need no login: the signed link says who it is.

Looking changes nothing, because mail programs and scanners open links by themselves; the button does. A mail program's own
unsubscribe button posts to the same address and needs no page (RFC 8058).
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config.alerts import links, subscribing
from config.alerts.forms import ChoicesForm
from config.status.viewer import strict
from stores.models import AlertRecipient

BAD_LINK, ALERTS = _("This link is not good"), _("Alerts by e-mail")


@strict
@never_cache
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether the address is right; with the button it is."""
    try:
        recipient = links.recipient_of(token, links.CONFIRM)
    except links.BadLink:
        return page(request, "bad_link", None, status=404)
    if request.method == "POST":
        subscribing.confirm(recipient)
        recipient.refresh_from_db()
    return page(request, "confirm", recipient)


@strict
@never_cache
@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest, token: str) -> HttpResponse:
    """Let who has no login say what he is told, and how often."""
    try:
        recipient = links.recipient_of(token, links.CHOOSE)
    except links.BadLink:
        return page(request, "bad_link", None, status=404)
    with translation.override(recipient.language):
        form = ChoicesForm(recipient, request.POST if request.method == "POST" else None)
        kept = form.is_valid()
        if kept:
            subscribing.choose(recipient, form.chosen, form.chosen_stores)
            form = ChoicesForm(recipient)
    return page(request, "choose", recipient, form=form, kept=kept)


@strict
@never_cache
@csrf_exempt  # the signed link is the permission; a mail provider has no cookie of ours
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to end the mails; with the button, or a mail program's own one, they are ended. They can be taken up again."""
    try:
        recipient = links.recipient_of(token, links.UNSUBSCRIBE)
    except links.BadLink:
        return page(request, "bad_link", None, status=404)
    if request.method == "POST":
        change = subscribing.subscribe if "again" in request.POST else subscribing.unsubscribe
        change(recipient)
        recipient.refresh_from_db()
    return page(request, "unsubscribe", recipient)


def page(
    request: HttpRequest, name: str, recipient: AlertRecipient | None, status: int = 200, **shown: Any
) -> HttpResponse:
    """Return a page in the recipient's language. The page's address is a secret, so no other site is told of it."""
    with translation.override(recipient.language if recipient else None):
        context = {"recipient": recipient, "title": ALERTS if recipient else BAD_LINK, **shown}
        context["choose"] = links.choose_url(recipient) if recipient else ""
        response = TemplateResponse(request, f"alerts/page_{name}.html", context, status=status)
        response.render()
    response["Referrer-Policy"] = (
        "same-origin"  # none at all, and browsers send no Origin with the form: CSRF
    )
    return response
