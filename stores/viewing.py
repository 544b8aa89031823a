"""View as merchant: somebody of the support team sees a merchant's pages as he does, for a reason and for half an hour.

The merchant's pages ask `viewing(request)`; `ViewingMiddleware` (config) refuses there whatever would change something.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from stores.audit import note
from stores.models import Merchant

LASTS = timedelta(minutes=30)
KEY = "viewing"  # of the session: who, merchant, reason, until
PERMISSION = "stores.viewas_merchant"


@dataclass(frozen=True)
class Viewing:
    """What a person sees just now: whose pages, why, and until when."""

    merchant: Merchant
    reason: str
    until: datetime


def start(request: HttpRequest, merchant: Merchant, reason: str) -> Viewing:
    """Let the person of this session see the merchant's pages from now on."""
    until = timezone.now() + LASTS
    with transaction.atomic():
        request.session[KEY] = {
            "who": request.user.pk,
            "merchant": merchant.pk,
            "reason": reason,
            "until": until.isoformat(),
        }
        note("view as merchant", merchant, reason=reason, after={"until": until})
    return Viewing(merchant, reason, until)


def stop(request: HttpRequest) -> None:
    """Let the person see his own pages again."""
    seen = viewing(request)
    request.session.pop(KEY, None)
    if seen is not None:
        note("view as merchant ended", seen.merchant)


def viewing(request: HttpRequest) -> Viewing | None:
    """Return whose pages the person of this request sees as if they were his own; None for everybody else.

    None also when the time is over, when the session has got another user, or when the permission is gone.
    """
    kept = request.session.get(KEY)
    if not kept or kept["who"] != request.user.pk or not request.user.has_perm(PERMISSION):
        return None
    until = datetime.fromisoformat(kept["until"])
    merchant = Merchant.objects.filter(pk=kept["merchant"]).first()
    return Viewing(merchant, kept["reason"], until) if merchant and until > timezone.now() else None
