"""Sending notices: claim → send → settle, with the outbox's waits between two attempts.

A claim is one conditional UPDATE with a lease and a fencing token, committed before anything is sent. A process that dies leaves
the notice to another one when the lease ends; whether the mail had gone out by then, SMTP does not tell, so it goes out again under
the same Message-ID. Nothing is given up silently: a parked notice says why on support's pages.
"""

import logging
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException, SMTPRecipientsRefused

from django.db.models import F, Q
from django.utils import timezone

from config.alerts import mails
from config.alerts.composing import bring_up_to_date
from stores.calling import call
from stores.cursors import LeaseLost, free
from stores.models import AlertRecipient, Notice
from stores.outbox import waiting_time
from stores.posting import PostFailed, PostRefused

log = logging.getLogger(__name__)

BUDGET = 40.0  # seconds of one run
AT_ONCE = 2  # notices in work: a slow mail server leaves workers to the stores
AT_FRONT = 20
GIVE_UP = timedelta(days=3)
LONGEST_MAIL_WAIT = timedelta(minutes=5)  # a mail server that is back is used soon
OPEN = Q(done_at=None, parked_at=None)
LATE = "It was tried for three days."


@dataclass(frozen=True)
class Claim:
    """The right to send one notice. Every method raises LeaseLost when somebody else has taken it by now."""

    notice: Notice

    def settle(self, **told: object) -> None:
        """It has gone out."""
        self._write(done_at=timezone.now(), problem="", remedy="", **told)

    def park(self, problem: str, remedy: str, **told: object) -> None:
        """Give it up for a person to look at."""
        log.warning("notice %s is given up: %s", self.notice.pk, problem)
        self._write(parked_at=timezone.now(), problem=problem, remedy=remedy, **told)

    def defer(self, problem: str, remedy: str, retry_after: float | None = None, **told: object) -> None:
        """Give it back: it is tried again after a wait that grows, for three days."""
        now = timezone.now()
        if now - self.notice.created_at > GIVE_UP:
            self.park(f"{problem} {LATE}", remedy, **told)
            return
        wait = waiting_time(self.notice.attempts, "down", retry_after)
        due_at = now + (wait if self.notice.recipient is None else min(wait, LONGEST_MAIL_WAIT))
        self._write(due_at=due_at, problem=problem, remedy=remedy, **told)

    def _write(self, **fields: object) -> None:
        ours = Notice.objects.filter(pk=self.notice.pk, lease=self.notice.lease, leased_until__isnull=False)
        if not ours.update(leased_until=None, **fields):
            raise LeaseLost(f"notice {self.notice.pk} is sent by somebody else")


def send_due(now: datetime | None = None, only: Q | None = None) -> int:
    """Send what is due, `only` some of it where that is given. Returns how many notices were taken up."""
    ends, taken, wanted = time.monotonic() + BUDGET, 0, only or Q()
    while time.monotonic() < ends:
        claimed = claim(now or timezone.now(), wanted)
        if claimed is None:
            break
        taken += 1
        if not send(claimed):
            wanted &= Q(
                recipient=None
            )  # the mail server is away: the next run looks again; webhooks do without
    return taken


def claim(now: datetime, only: Q) -> Claim | None:
    """Take the notice that has been due longest; None when there is none, or enough are in work."""
    if Notice.objects.filter(OPEN, leased_until__gt=now).count() >= AT_ONCE:
        return None
    due = Notice.objects.filter(only, OPEN, free(now), due_at__lte=now).order_by("due_at", "pk")
    for pk in list(due.values_list("pk", flat=True)[:AT_FRONT]):
        token = uuid.uuid4()
        row = Notice.objects.filter(OPEN, free(now), pk=pk, due_at__lte=now)
        if row.update(lease=token, leased_until=now + Notice.LEASE, attempts=F("attempts") + 1):
            whole = Notice.objects.select_related("recipient__member__user", "recipient__merchant", "hook")
            return Claim(whole.get(pk=pk))
    return None


def send(claimed: Claim) -> bool:
    """Send one notice and write what came of it. Returns False when the mail server cannot be used at all."""
    try:
        if claimed.notice.attempts > 1:
            bring_up_to_date(claimed.notice, timezone.now())
        if claimed.notice.hook is not None:
            post_hook(claimed)
            return True
        return send_mail(claimed)
    except LeaseLost:
        log.warning("notice %s took longer than its lease", claimed.notice.pk)
        return True


def send_mail(claimed: Claim) -> bool:
    """Send a mail. What the mail server refuses for this address is parked; all else is tried again."""
    notice = claimed.notice
    recipient = notice.recipient
    assert recipient is not None  # noqa: S101 - a notice has a recipient or a hook
    if not wanted_by(recipient, notice):
        claimed.park(
            "The recipient takes no mails, or has not confirmed the address.", "Nothing is to be done."
        )
        return True
    try:
        mails.send(notice, recipient)
    except SMTPRecipientsRefused as error:
        refused(claimed, error)
        return True
    except (SMTPException, OSError) as error:
        claimed.defer(f"The mail server could not be used ({type(error).__name__}).", "Look at EMAIL_URL.")
        return False
    except Exception as error:
        log.exception("notice %s could not be sent", notice.pk)
        claimed.defer(f"The mail service failed ({type(error).__name__}).", "The log says more.")
        return False
    claimed.settle()
    return True


def wanted_by(recipient: AlertRecipient, notice: Notice) -> bool:
    """Whether a notice may still be sent: the address may be another one by now, which has to be asked first."""
    if notice.purpose == Notice.Purpose.CONFIRM:
        return recipient.active and bool(recipient.address)
    return AlertRecipient.objects.tellable().filter(pk=recipient.pk).exists()


def refused(claimed: Claim, error: SMTPRecipientsRefused) -> None:
    """Park a mail to an address that the server refuses for good (RFC 5321: 5xx); one refused for now is tried again."""
    code, words = next(iter(error.recipients.values()), (550, b""))
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    sentence = f"The mail server refuses the address: {code} {said}"[:500]
    if code >= 500:
        claimed.park(sentence, "Correct the recipient's address, then send it again.")
    else:
        claimed.defer(sentence, "It is tried again by itself.")


def post_hook(claimed: Claim) -> None:
    """Call a webhook and keep its answer. Any 2xx is taken for done; what asks the caller to change is parked."""
    hook = claimed.notice.hook
    assert hook is not None  # noqa: S101 - the caller has looked
    if not hook.active:
        claimed.park("The webhook is switched off.", "Switch it on, then send it again.")
        return
    try:
        answer = call(hook.url, hook.secret, claimed.notice.key, claimed.notice.text)
    except PostRefused as error:
        claimed.park(*error.args)
        return
    except PostFailed as error:
        claimed.defer(*error.args)
        return
    told = {"response_status": answer.status, "response": answer.excerpt}
    if 200 <= answer.status < 300:
        claimed.settle(**told)
    elif answer.status >= 500 or answer.status in (408, 425, 429):
        sentence = f"The receiver answered {answer.status}."
        claimed.defer(sentence, "It is tried again by itself.", answer.retry_after, **told)
    else:
        sentence = f"The receiver answered {answer.status}: it does not take the message."
        claimed.park(sentence, "Make the address anew at the receiver and enter it here.", **told)
