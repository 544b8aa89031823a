"""Merchants' people: inviting them, and the link with which they choose a password."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from stores.audit import note
from stores.models import AlertRecipient, Membership, Merchant


class NoMember(Exception):
    """This person cannot be invited; `args[0]` is the sentence for who tried."""


def invite(
    merchant: Merchant, email: str, role: str, language: str = settings.LANGUAGE_CODE, *, by: Any = None
) -> Membership:
    """Make the person with this address a member and send the invitation, in this language, once that is committed; one who is
    a member already gets the role and another letter. Raises NoMember for somebody of the support team.

    A new owner gets alerts as soon as he has chosen a password: somebody has to hear of a token that has expired.

    A letter that cannot be sent is logged, and `invited_at` stays as it was: inviting again sends another.
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
        transaction.on_commit(lambda: send_invitation(row), robust=True)
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


def send_invitation(row: Membership) -> None:
    """Send the letter: with the link to choose a password for who has none, else with the address of the pages.

    Raises what the mail server raises.
    """
    user = row.user
    has_password = user.has_usable_password()
    page = reverse("status:sign-in") if has_password else password_page(user)
    context = {
        "row": row,
        "has_password": has_password,
        "address": f"{settings.PUBLIC_URL}{page}",
        "days": days(),
    }
    with translation.override(row.language):
        subject = _("Status pages of %(merchant)s") % {"merchant": row.merchant}
        text = render_to_string("status/mail/invitation.txt", context)
    send_mail(subject, text, None, [user.email])
    Membership.objects.filter(pk=row.pk).update(invited_at=timezone.now())


def password_page(user: Any) -> str:
    """Return the path of the page where the person chooses a password: good once, and for some days."""
    key = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("status:password-set", args=[key, default_token_generator.make_token(user)])


def days() -> int:
    """Return for how many days such a link is good."""
    return int(settings.PASSWORD_RESET_TIMEOUT // 86_400)
