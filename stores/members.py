"""Merchants' people: inviting them."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from stores.audit import note
from stores.models import AlertRecipient, Letter, Membership, Merchant


class NoMember(Exception):
    """This person cannot be invited; `args[0]` is the sentence for who tried."""


def invite(
    merchant: Merchant, email: str, role: str, language: str = settings.LANGUAGE_CODE, *, by: Any = None
) -> Membership:
    """Make the person with this address a member, who gets the invitation in this language; one who is a member already gets
    the role and another letter. Raises NoMember for somebody of the support team.

    A new owner gets alerts as soon as he has chosen a password: somebody has to hear of a token that has expired.

    `invited_at` tells when the letter was sent (`stores.letters`).
    """
    address = email.strip().lower()
    with transaction.atomic():
        user = known(address) or newcomer(address)
        given = {"role": role, "language": language, "invited_by": by}
        row, new = Membership.objects.update_or_create(user=user, merchant=merchant, defaults=given)
        if new and role == Membership.Role.OWNER:
            zone, now = merchant.time_zone, timezone.now()
            AlertRecipient.objects.create(
                member=row, merchant=merchant, language=language, time_zone=zone, confirmed_at=now
            )
        note("member invited", merchant, after={"member": address, "role": role})
        Letter.objects.create(member=row, address=address, language=language)
    return row


def known(address: str) -> Any:
    """Return the user who logs in with this address, or None. Raises NoMember for staff."""
    users = get_user_model()._default_manager
    user = users.filter(username=address).first() or users.filter(email__iexact=address).first()
    if user is not None and (user.is_staff or user.is_superuser):
        raise NoMember(
            f"{address} belongs to somebody of the support team, who sees a merchant's pages by 'View as merchant'."
        )
    return user


def newcomer(address: str) -> Any:
    """Return a new user, who has no password yet."""
    user = get_user_model()(username=address, email=address)
    user.set_unusable_password()
    user.save()
    return user
