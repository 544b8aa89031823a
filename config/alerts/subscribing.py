"""Who gets alerts: confirming an address, ending and taking up the mails again. Each is noted in the audit trail."""

from django.db import transaction
from django.utils import timezone

from config.alerts import letters, payloads
from stores.audit import note
from stores.models import AlertEvent, AlertHook, AlertRecipient, Notice


def ask(recipient: AlertRecipient) -> None:
    """Ask an address without a login whether it is right; a member has proven his by choosing a password."""
    if recipient.member_id is not None:
        AlertRecipient.objects.filter(pk=recipient.pk, confirmed_at=None).update(confirmed_at=timezone.now())
        return
    with transaction.atomic():
        AlertRecipient.objects.filter(pk=recipient.pk).update(confirmed_at=None)
        purpose = Notice.Purpose.CONFIRM
        Notice.objects.create(purpose=purpose, recipient=recipient, **letters.question(recipient))


def confirm(recipient: AlertRecipient) -> bool:
    """The address is right. Returns False when that was known."""
    rows = AlertRecipient.objects.filter(pk=recipient.pk, confirmed_at=None)
    with transaction.atomic():
        done = bool(rows.update(confirmed_at=timezone.now()))
        if done:
            note("alerts confirmed", recipient)
    return done


def unsubscribe(recipient: AlertRecipient) -> bool:
    """Send nothing more, and forget what was to be told. Returns False when it was so already."""
    rows = AlertRecipient.objects.filter(pk=recipient.pk, active=True)
    with transaction.atomic():
        done = bool(rows.update(active=False, unsubscribed_at=timezone.now()))
        if done:
            AlertEvent.objects.filter(recipient=recipient, notice=None).delete()
            note("alerts unsubscribed", recipient)
    return done


def subscribe(recipient: AlertRecipient) -> bool:
    """Take the mails up again. Returns False when they were never ended."""
    rows = AlertRecipient.objects.filter(pk=recipient.pk, active=False)
    with transaction.atomic():
        done = bool(rows.update(active=True, unsubscribed_at=None))
        if done:
            note("alerts subscribed again", recipient)
    return done


def test(hook: AlertHook) -> Notice:
    """Write a test message for a webhook, and return it."""
    return Notice.objects.create(purpose=Notice.Purpose.TEST, hook=hook, **payloads.test_message(hook))
