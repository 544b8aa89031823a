"""Letters about signing in: invitations, and links to choose a new password. The row is the queue; a worker sends what is due.

So nobody in front of a page waits for the mail server, and how long the page takes does not tell whether anybody has the address.
A link is made when its letter is sent: no row holds one. A claim is one conditional UPDATE that moves `due_at` on; whoever
dies with it leaves the letter to the next run, and a second letter does no harm.
"""

import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from smtplib import SMTPException, SMTPRecipientsRefused
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from stores.models import Letter, Membership

log = logging.getLogger(__name__)

BUDGET = 40.0  # seconds of one run
AGAIN_AFTER = timedelta(minutes=5)  # longer than all steps of EMAIL_TIMEOUT
GIVE_UP = timedelta(days=1)
AT_FRONT = 20  # looked at, at once: some of them another worker may take first


def send_due() -> int:
    """Send what is due until nothing is left, the mail server fails or the budget is used up. Returns how many were sent."""
    ends, sent = time.monotonic() + BUDGET, 0
    while time.monotonic() < ends and (letter := claim(timezone.now())):
        try:
            send(letter)
            sent += 1
        except SMTPRecipientsRefused as error:
            failed(letter, error)
        except (SMTPException, OSError) as error:
            failed(letter, error)
            break
        except Exception as error:
            log.exception("the mail service failed")
            failed(letter, error)
            break
    return sent


def claim(now: datetime) -> Letter | None:
    """Take the letter that has been due longest, None when none is; any number of workers may call this at once."""
    due = Letter.objects.filter(due_at__lte=now).select_related("member__user", "member__merchant")
    for letter in due.order_by("due_at", "pk")[:AT_FRONT]:
        ours = Letter.objects.filter(pk=letter.pk, due_at=letter.due_at)
        if ours.update(due_at=now + AGAIN_AFTER):
            return letter
    return None


def send(letter: Letter) -> None:
    """Send it and forget it. Raises what the mail server raises."""
    with translation.override(letter.language):
        for mail in mails_of(letter):
            mail.send()
    with transaction.atomic():
        if letter.member is not None:
            Membership.objects.filter(pk=letter.member.pk).update(invited_at=timezone.now())
        letter.delete()


def failed(letter: Letter, error: Exception) -> None:
    """Say that it could not be sent, never to whom; after a day it is given up."""
    over = timezone.now() - letter.created_at > GIVE_UP
    log.warning("letter %s could not be sent (%s)", letter.pk, type(error).__name__, extra={"given_up": over})
    if over:
        letter.delete()


def mails_of(letter: Letter) -> Iterator[EmailMessage]:
    """Yield the invitation; else a mail to each member with this address, also to one who never chose a password.

    Nobody is yielded for strangers and for staff, who ask an administrator.
    """
    if letter.member is not None:
        yield invitation(letter.member)
        return
    users = get_user_model()._default_manager.filter(email__iexact=letter.address, is_active=True)
    members = Membership.objects.values("user")
    for user in users.filter(pk__in=members, is_staff=False, is_superuser=False):
        text = render_to_string(
            "status/mail/password.txt", {"address": f"{settings.PUBLIC_URL}{password_page(user)}"}
        )
        yield EmailMessage(_("A new password for the status pages"), text, None, [user.email])


def invitation(member: Membership) -> EmailMessage:
    """Return the invitation: with the link to choose a password for who has none, else with the address of the pages."""
    user = member.user
    has_password = user.has_usable_password()
    page = reverse("status:sign-in") if has_password else password_page(user)
    context = {
        "row": member,
        "has_password": has_password,
        "address": f"{settings.PUBLIC_URL}{page}",
        "days": int(settings.PASSWORD_RESET_TIMEOUT // 86_400),
    }
    subject = _("Status pages of %(merchant)s") % {"merchant": member.merchant}
    return EmailMessage(subject, render_to_string("status/mail/invitation.txt", context), None, [user.email])


def password_page(user: Any) -> str:
    """Return the path of the page where the person chooses a password: good once, and for some days."""
    key = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("status:password-set", args=[key, default_token_generator.make_token(user)])
