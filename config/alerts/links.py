"""The signed links in the mails: whoever has the mail may follow them, and nothing about them is kept."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from stores.models import AlertRecipient, Problem

UNSUBSCRIBE, CONFIRM, CHOOSE = "alerts.unsubscribe", "alerts.confirm", "alerts.choose"
CONFIRM_DAYS = 7


class BadLink(Exception):
    """The link was not made here, is too old, or is about an address that has changed since."""


def token(recipient: AlertRecipient, purpose: str) -> str:
    """Return a token for one recipient with this address."""
    return signing.dumps([recipient.pk, recipient.address], salt=purpose)


def recipient_of(token: str, purpose: str) -> AlertRecipient:
    """Return whose token it is. Raises BadLink."""
    max_age = CONFIRM_DAYS * 86_400 if purpose == CONFIRM else None
    try:
        pk, address = signing.loads(token, salt=purpose, max_age=max_age)
    except signing.BadSignature as error:
        raise BadLink(purpose) from error
    recipient = AlertRecipient.objects.select_related("member__user", "merchant").filter(pk=pk).first()
    if recipient is None or recipient.address != address:
        raise BadLink(purpose)
    return recipient


def unsubscribe_url(recipient: AlertRecipient) -> str:
    """Return the address under which a recipient ends the mails."""
    return absolute(reverse("alerts-unsubscribe", args=[token(recipient, UNSUBSCRIBE)]))


def choose_url(recipient: AlertRecipient) -> str:
    """Return the address under which a recipient says what he wants to be told: a member among his pages, others by a link."""
    if recipient.member and recipient.merchant:
        return absolute(reverse("status:alerts-of", args=[recipient.merchant.slug]))
    return absolute(reverse("alerts-choose", args=[token(recipient, CHOOSE)]))


def confirm_url(recipient: AlertRecipient) -> str:
    """Return the address under which a recipient says that he wants the mails."""
    return absolute(reverse("alerts-confirm", args=[token(recipient, CONFIRM)]))


def page_of(problem: Problem, support: bool) -> str:
    """Return the page on which more is said about a problem: support's own, or the merchant's."""
    if not support:
        return absolute(
            reverse("status:store", args=[problem.store.slug])
            if problem.store
            else reverse("status:overview")
        )
    if problem.store_id is None:
        return absolute(reverse("admin:index"))
    return absolute(reverse("admin:stores_store_change", args=[problem.store_id]))


def absolute(path: str) -> str:
    """Return the whole address of a path."""
    return f"{settings.PUBLIC_URL}{path}"
