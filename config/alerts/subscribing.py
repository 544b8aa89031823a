"""Who gets alerts, and which: confirming, choosing, ending and taking up the mails again. Each is noted in the audit trail."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from config.alerts import letters, payloads
from stores.audit import note, note_changed
from stores.models import AlertEvent, AlertHook, AlertRecipient, Merchant, Notice, Store

CHOSEN = ("kinds", "services", "often", "digest_hour", "time_zone", "language", "active")


def ask(recipient: AlertRecipient) -> None:
    """Ask an address without a login whether it is right; a member proves his by choosing a password."""
    if recipient.member_id is not None:
        AlertRecipient.objects.filter(pk=recipient.pk, confirmed_at=None).update(confirmed_at=timezone.now())
    else:
        question(recipient)


def question(recipient: AlertRecipient) -> None:
    """Send the question; until it is answered nothing else goes there."""
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
            forget_untold(recipient)
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


def choose(recipient: AlertRecipient, chosen: Mapping[str, Any], stores: Collection[Store]) -> None:
    """Keep what somebody wants to be told, and how often: `chosen` by CHOSEN, `stores` none for all. A member's row may be new."""
    recipient = recipient if recipient.pk else kept(recipient)
    before = choices_of(recipient)
    for name, value in chosen.items():
        setattr(recipient, name, value)
    with transaction.atomic():
        recipient.unsubscribed_at = None if recipient.active else recipient.unsubscribed_at or timezone.now()
        recipient.save()
        recipient.stores.set(stores)
        if not recipient.active:
            forget_untold(recipient)
        note_changed("alerts chosen", recipient, before, choices_of(recipient))


def kept(recipient: AlertRecipient) -> AlertRecipient:
    """Return a member's row, saved: another request of his may have done that in the same moment."""
    given = {"merchant": recipient.merchant, "active": False, "confirmed_at": recipient.confirmed_at}
    return AlertRecipient.objects.get_or_create(member=recipient.member, defaults=given)[0]


def choices_of(recipient: AlertRecipient) -> dict[str, Any]:
    """Return what is chosen at present."""
    stores = [store.slug for store in recipient.stores.order_by("slug")]
    return {**{name: getattr(recipient, name) for name in CHOSEN}, "stores": stores}


def forget_untold(recipient: AlertRecipient) -> None:
    """Forget what somebody was to be told who wants to be told nothing."""
    AlertEvent.objects.filter(recipient=recipient, notice=None).delete()


def add_address(merchant: Merchant, email: str, language: str) -> None:
    """Save an address without a login, and ask it, unless that was done in the same moment."""
    given = {"language": language, "time_zone": merchant.time_zone}
    with transaction.atomic():
        row, new = AlertRecipient.objects.get_or_create(merchant=merchant, email=email, defaults=given)
        if new:
            note("alert address added", row)
            question(row)


def add_hook(hook: AlertHook) -> None:
    """Save a webhook."""
    with transaction.atomic():
        hook.save()
        note("alert webhook added", hook, after={"name": hook.name})


def remove(destination: AlertRecipient | AlertHook) -> None:
    """Forget a destination, with what was and what was to be sent there."""
    what = "webhook" if isinstance(destination, AlertHook) else "address"
    with transaction.atomic():
        note(f"alert {what} removed", destination)
        destination.delete()


def test(hook: AlertHook) -> Notice:
    """Write a test message for a webhook, and return it."""
    with transaction.atomic():
        note("alert webhook tested", hook)
        return Notice.objects.create(purpose=Notice.Purpose.TEST, hook=hook, **payloads.test_message(hook))
