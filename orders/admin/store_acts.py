"""What support does with stores' orders: pull now, fetch the orders of some days again."""

from functools import partial

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from orders import backfill
from orders.models import Backfill
from orders.spans import SpanError, between_dates
from orders.tasks import pull_store, run_backfill
from stores import cursors
from stores.admin.acting import Act, ActForm, Asked, Result
from stores.audit import note_each
from stores.models import Store
from stores.nudges import nudge


class DaysForm(ActForm):
    """Which days, each in the time zone of its store."""

    since = forms.CharField(
        label="First day",
        widget=forms.DateInput(attrs={"type": "date"}),
        max_length=40,
        help_text="Orders that were placed on this day or later, in the time zone of each store.",
    )
    until = forms.CharField(
        label="Last day",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        max_length=40,
        help_text="The whole day. Empty: up to now.",
    )


def pulled(asked: Asked) -> Result:
    """Make stores due and knock at the workers; without a knock the clock finds them within a minute."""
    with transaction.atomic():
        cursors.make_due(asked.rows)
        note_each("pull now", asked.rows)
        for store in asked.rows:
            transaction.on_commit(partial(nudge, pull_store, store.pk))
    names = ", ".join(str(store) for store in asked.rows)
    return Result(done=[f"Pulling now: {names}. Reload this page in a moment to see how it went."])


def fetched(asked: Asked) -> Result:
    """Write a backfill of the days down for each store; one that is under way already is not started twice."""
    started = [row for store in asked.rows if (row := of_days(asked, store)) is not None]
    for row in started:
        transaction.on_commit(partial(nudge, run_backfill, row.pk))
    count, left = len(started), len(asked.rows) - len(started)
    return Result(
        done=[f"{count} backfill{'s' if count != 1 else ''} started: see Backfills for the progress."]
        if count
        else [],
        left=[f"{left} of these stores fetch{'es' if left == 1 else ''} just these days already."]
        if left
        else [],
    )


def of_days(asked: Asked, store: Store) -> Backfill | None:
    """Start the store's backfill; None when it is under way. Raises ValidationError for days that cannot be meant."""
    try:
        span = between_dates(asked.given["since"], asked.given["until"], store.zone)
    except SpanError as error:
        raise ValidationError(str(error)) from error
    row, is_new = backfill.start_once(store, span, estimated=0, by=asked.user)
    return row if is_new else None


def running(stores: QuerySet[Store]) -> QuerySet[Store]:
    """Keep the stores that the clock pulls."""
    return stores.filter(pk__in=Store.objects.served())


def some_minutes(count: int) -> str:
    """Say how long that takes."""
    return (
        "A pull takes some seconds, after a long stop some minutes; it runs in the background: this page need not "
        "stay open."
    )


def depends(count: int) -> str:
    """Say how long a backfill takes, and where that is shown."""
    return (
        f"A store gives about {backfill.ORDERS_PER_SECOND:.0f} orders a second; each backfill shows its progress and the time "
        "left, and regular pulls come first."
    )


PULL = Act(
    "pull",
    "Pull now",
    "Pull {} now?",
    "Miva is asked for new and changed orders at once instead of at the next run. What is paused or switched off is not pulled.",
    "stores.pull_store",
    pulled,
    none="Not pulled, because paused or switched off.",
    takes=some_minutes,
    fits=running,
)
FETCH = Act(
    "fetch",
    "Fetch days again",
    "Fetch the orders of some days again for {}?",
    "All orders that were placed on these days are fetched from Miva, whatever the store's strategy and start. Orders that are "
    "here already change only where Miva has a newer version.",
    "orders.add_backfill",
    fetched,
    takes=depends,
    form=DaysForm,
)
