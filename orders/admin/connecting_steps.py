"""The steps of the guided form: what each shows, and what its button does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from orders import fields
from orders.admin.connecting_forms import CredentialsForm, SheetForm, StrategyForm
from orders.admin.payments import address_of_new, suggestion
from orders.health import summary
from orders.models import CustomField, Order, UnmappedPayment
from orders.places import goes_to
from orders.rules import rules_for
from orders.tasks import pull_store
from orders.translate.methods import STANDARD_METHODS
from stores import setup as setups
from stores.admin.actions import summed
from stores.admin.passwords import NEW, stamp
from stores.admin.words import label, link, when
from stores.audit import note
from stores.miva.errors import MivaError
from stores.miva.provision import Check
from stores.models import PullCursor, Store, StoreSetup
from stores.nudges import nudge
from stores.sheet import sheet

MOST_COUNTED = 10_000  # more than that is not counted while somebody waits
STANDS: Mapping[bool | None, tuple[str, str]] = {
    True: ("Fits", "good"),
    False: ("Does not fit", "bad"),
    None: ("Not known yet", "quiet"),
}


class Turn:
    """One visit to one step: the request, the row that remembers the form, its store, and the boxes once they were sent."""

    def __init__(self, request: HttpRequest, setup: StoreSetup) -> None:
        """Keep what the visit is about."""
        self.request, self.setup = request, setup
        self.store: Store = setup.store
        self.sent = request.POST if request.method == "POST" else None
        self.form: Any = None


@dataclass(frozen=True)
class Page:
    """A step. `act` does what the button says, and returns False when the boxes have to be mended."""

    template: str
    context: Callable[[Turn], dict[str, Any]]
    act: Callable[[Turn], bool] = lambda turn: True
    part: str = ""


def credentials(turn: Turn) -> dict[str, Any]:
    """Return the boxes of step 1."""
    return {"form": turn.form or CredentialsForm(instance=turn.store)}


def save_credentials(turn: Turn) -> bool:
    """Save the credentials; secrets whose boxes are empty stay."""
    return saved(turn, CredentialsForm(turn.sent, instance=turn.store), "credentials changed")


def strategy(turn: Turn) -> dict[str, Any]:
    """Return the boxes of step 3, and what the check says about each strategy."""
    advice = [(each, label(*STANDS[each.fits]), each.strategy.label) for each in setups.advise(turn.setup)]
    form = turn.form or StrategyForm(instance=turn.store, queues=turn.setup.queues)
    return {"form": form, "advice": advice}


def save_strategy(turn: Turn) -> bool:
    """Save the strategy."""
    form = StrategyForm(turn.sent, instance=turn.store, queues=turn.setup.queues)
    return saved(turn, form, "strategy changed")


def saved(turn: Turn, form: Any, verb: str) -> bool:
    """Save a form about the store, with an entry in the audit trail; False when something in it cannot be used."""
    before = {name: getattr(turn.store, name) for name in form.fields if hasattr(turn.store, name)}
    turn.form = form
    if not form.is_valid():
        return False
    with transaction.atomic():
        form.save()
        changed = [name for name in form.changed_data if name in before]
        after = {name: getattr(turn.store, name) for name in changed}
        if changed:
            note(verb, turn.store, before={name: before[name] for name in changed}, after=after)
    return True


def checks(turn: Turn) -> dict[str, Any]:
    """Return the lines of the last check."""
    found = summed([Check(*each) for each in turn.setup.checks])
    return {"checks": found, "checked": when(turn.setup.checked_at)}


def check(turn: Turn) -> bool:
    """Ask Miva, unless the person goes on."""
    if "next" not in turn.request.POST:
        setups.look(turn.setup)
    return True


def custom_fields(turn: Turn) -> dict[str, Any]:
    """Return the custom order fields that Miva has told of, each with where it goes."""
    rules = rules_for(turn.store)
    return {"fields": [(field, goes_to(field, rules)) for field in CustomField.objects.of(turn.store)]}


def ask_fields(turn: Turn) -> bool:
    """Ask Miva for the fields, unless the person goes on."""
    if "next" in turn.request.POST:
        return True
    try:
        count = fields.ask_now(turn.store)
    except MivaError as error:
        messages.error(turn.request, f"{error.reason} {error.remedy}".strip())
    else:
        messages.success(
            turn.request, f"Miva lists {count} custom order field{'' if count == 1 else 's'} for this store."
        )
    return True


def payments(turn: Turn) -> dict[str, Any]:
    """Return the payment methods that came with orders and that nobody has mapped; before the first pull there are none."""
    rows = UnmappedPayment.objects.of(turn.store).order_by("-count", "pk")[:50]
    unmapped = [
        (row, link(address_of_new(**suggestion(row), unmapped=row.pk), "Make a mapping")) for row in rows
    ]
    standard = [method.title for method in STANDARD_METHODS if method.title]
    any_order = Order.objects.of(turn.store).exists()
    return {"unmapped": unmapped, "standard": standard, "any_order": any_order}


def stone_edge(turn: Turn) -> dict[str, Any]:
    """Return the store's logins, the mark of this moment, and the sheet without a password."""
    desktops = list(turn.store.desktops.defer("password_hash").order_by("-active", "username"))
    to = {"to": turn.store.merchant.contact_email}
    return {
        "desktops": desktops,
        "stamp": stamp(turn.store),
        "new": NEW,
        "sheet": sheet(turn.store, desktops[0] if desktops else None),
        "mail_form": SheetForm(initial=to),
    }


def first_pull(turn: Turn) -> dict[str, Any]:
    """Return how far the first pull is."""
    cursor = PullCursor.objects.filter(store=turn.store).first()
    state = state_of(turn.setup, cursor)
    orders = summary(turn.store)
    return {
        "pull": state,
        "open": state in ("waiting", "running"),
        "cursor": cursor,
        "kept": Order.objects.of(turn.store)[:MOST_COUNTED].count() if state != "ready" else 0,
        "orders": orders,
        "unmapped_count": UnmappedPayment.objects.of(turn.store).count(),
        "store": turn.store,
        "setup": turn.setup,
    }


def state_of(setup: StoreSetup, cursor: PullCursor | None) -> str:
    """Return where the first pull stands: ready, waiting, running, done or failed."""
    if setup.finished_at is None:
        return "ready"
    if cursor is None or cursor.last_tried_at is None or cursor.last_tried_at < setup.finished_at:
        return "waiting"
    if cursor.leased_until is not None and cursor.leased_until > timezone.now():
        return "running"
    if cursor.problem and cursor.problem_kind != "warning":
        return "failed"
    return "done" if cursor.due_at > timezone.now() else "running"


def start_pull(turn: Turn) -> bool:
    """End the pause, and have the store pulled."""
    with transaction.atomic():
        setups.finish(turn.setup)
        transaction.on_commit(partial(nudge, pull_store, turn.store.pk))
    return True


FOLDER = "admin/stores/connect"
Step = StoreSetup.Step
STEPS: Mapping[int, Page] = {
    Step.CREDENTIALS: Page(f"{FOLDER}/credentials.html", credentials, save_credentials),
    Step.CHECK: Page(f"{FOLDER}/check.html", checks, check),
    Step.STRATEGY: Page(f"{FOLDER}/strategy.html", strategy, save_strategy),
    Step.FIELDS: Page(f"{FOLDER}/fields.html", custom_fields, ask_fields),
    Step.PAYMENTS: Page(f"{FOLDER}/payments.html", payments),
    Step.STONE_EDGE: Page(f"{FOLDER}/stone_edge.html", stone_edge),
    Step.PULL: Page(f"{FOLDER}/pull.html", first_pull, start_pull, part=f"{FOLDER}/pull_progress.html"),
}
