"""What support decides about the stock of SKUs: has a lost change arrived, try again, give up, set a figure."""

from collections.abc import Callable

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet

from inventory import decide, tasks
from inventory.models import StockLevel, StockPush
from inventory.resolve import Unresolved
from stores import outbox
from stores.admin.acting import (
    IN_THE_BACKGROUND,
    Act,
    ActForm,
    Asked,
    Result,
    about,
    each,
)
from stores.seti.stock_updates import LARGEST

DECIDE = "inventory.decide_stockpush"
TOO_LATE = "Nothing was changed: the row has moved on since the page was opened."
IN_DOUBT = outbox.PARKED & Q(sent_delta__isnull=False)


class FigureForm(ActForm):
    """What Miva's figure is to be."""

    figure = forms.IntegerField(
        label="Set Miva's figure to",
        min_value=-LARGEST,
        max_value=LARGEST,
        help_text="Exactly this, whatever is on its way to Stone Edge. It replaces every change that still waits.",
        error_messages={"invalid": "Enter the figure that Miva is to have as a whole number."},
    )


def pushed_on(verb: Callable[[Asked], Result]) -> Callable[[Asked], Result]:
    """Return the verb, after which the workers are told to push."""

    def act(asked: Asked) -> Result:
        result = verb(asked)
        for store_id in {row.store_id for row in asked.rows}:
            tasks.nudge_stock(store_id)
        return result

    return act


def arrived(asked: Asked) -> Result:
    """Settle the changes in doubt as arrived."""
    return each(lambda push: decide.arrived(push, asked.who), "Arrived in Miva: {}.")(asked)


def gave_up(asked: Asked) -> Result:
    """Drop what the parked rows hold."""
    verb = each(
        lambda push: decide.give_up(push, asked.who),
        "Given up: {}. Miva's figure stays as it is.",
    )
    return verb(asked)


def tried(asked: Asked) -> Result:
    """Let rows that wait or are parked be pushed now."""
    rows = decide.try_again(StockPush.objects.filter(pk__in=[row.pk for row in asked.rows]))
    done = f"Pushed now: {len(rows)}. Reload this page in a moment to see how it went."
    return Result(done=[done] if rows else [])


def clear(asked: Asked, verb: Callable[[StockPush], bool], done: str) -> Result:
    """Do the verb with each row, and say of those whose SKU stands for no single product why nothing was changed."""
    count, unclear = 0, []
    for push in asked.rows:
        try:
            count += verb(push)
        except Unresolved as reason:
            unclear.append(f"{push.sku}: nothing was changed. {reason}")
    busy = len(asked.rows) - count - len(unclear)
    left = (
        [f"Not done with {busy}: meanwhile something else happened."] if busy and (count or unclear) else []
    )
    return Result(done=[done.format(count)] if count else [], left=[*left, *unclear])


def set_to(asked: Asked) -> Result:
    """Set the figure of each row."""
    figure = asked.given["figure"]

    def verb(push: StockPush) -> bool:
        decide.set_to(push.store, push.sku, figure, asked.user)
        return True

    return clear(asked, verb, f"Miva is set to {figure}.")


def set_to_expected(asked: Asked) -> Result:
    """Take back what the figures were off by."""
    return clear(
        asked,
        lambda push: decide.set_to_expected(push, asked.user),
        "Set to what the ledger expects: {}.",
    )


def drifted(rows: QuerySet[StockPush]) -> QuerySet[StockPush]:
    """Keep the rows whose figure was off at the last comparison."""
    level = StockLevel.objects.filter(store=OuterRef("store"), product_id=OuterRef("product_id"))
    return rows.filter(Exists(level.exclude(drift=0)))


def doubtful(rows: QuerySet[StockPush]) -> QuerySet[StockPush]:
    """Keep the rows whose last change may have arrived or not."""
    return rows.filter(IN_DOUBT)


PUSHING = about(1, IN_THE_BACKGROUND)
ARRIVED = Act(
    "arrived",
    "It has arrived",
    "Has the change of {} arrived in Miva?",
    "The change counts as arrived; what waits behind it goes on. Compare the figures in Miva first: a change that did not arrive "
    "is lost by this.",
    DECIDE,
    pushed_on(arrived),
    none=TOO_LATE,
    fits=doubtful,
)
SEND_AGAIN = Act(
    "send_again",
    "Send it again",
    "Send the change of {} again?",
    "The change goes to Miva once more, merged with what waits behind it. Compare the figures in Miva first: a change that did "
    "arrive is counted twice by this.",
    DECIDE,
    pushed_on(each(decide.send_again, "Sent again: {}.")),
    none=TOO_LATE,
    takes=PUSHING,
    fits=doubtful,
)
TRY_AGAIN = Act(
    "try_again",
    "Try again",
    "Push {} now?",
    "What waits after a failure or is parked is pushed at once. What may have arrived already is left out: it needs an answer.",
    DECIDE,
    pushed_on(tried),
    none="Nothing of this waits: it has arrived, or it needs an answer whether it has.",
    takes=PUSHING,
    fits=lambda rows: rows.filter(done_at=None).exclude(IN_DOUBT),
)
GIVE_UP = Act(
    "give_up",
    "Give up",
    "Give {} up?",
    "All that the row holds is dropped: Miva's figure stays as it is, and Stone Edge is not told. 'Set to' corrects the figure "
    "later.",
    DECIDE,
    pushed_on(gave_up),
    none=TOO_LATE,
    fits=lambda rows: rows.filter(outbox.PARKED),
)
SET_TO = Act(
    "set_to",
    "Set Miva's figure",
    "Set the figure of {} in Miva?",
    "Miva gets exactly this figure.",
    "inventory.set_stockpush",
    pushed_on(set_to),
    takes=PUSHING,
    form=FigureForm,
)
SET_TO_EXPECTED = Act(
    "set_to_expected",
    "Set to what the ledger expects",
    "Take the drift of {} back in Miva?",
    "Miva's figure is corrected by what it was off at the last comparison; what was sold since then stays sold. Find out first who "
    "changed the figure in Miva: a change that was right is undone by this.",
    "inventory.set_stockpush",
    pushed_on(set_to_expected),
    none=TOO_LATE,
    takes=PUSHING,
    fits=drifted,
)
DECISIONS = (ARRIVED, SEND_AGAIN, TRY_AGAIN, GIVE_UP, SET_TO, SET_TO_EXPECTED)
