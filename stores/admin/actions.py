"""What support does with stores: check the connection, pause, resume, new secrets."""

from collections.abc import Sequence
from typing import Any

from stores.admin.acting import Act, ActForm, Acting, Asked, ReasonForm, Result, about
from stores.admin.lists import PortalAdmin
from stores.admin.secrets import secret_box
from stores.check import check_store
from stores.miva.provision import Check
from stores.models import Store
from stores.pausing import set_pause
from stores.rotation import rotate

MOST_CHECKS = 5  # at once: each asks Miva a dozen questions while the page waits
CHECKS, PAUSES, SECRETS_OF = "stores.check_store", "stores.pause_store", "stores.secrets_store"


class SecretsForm(ActForm):
    """The new secrets; what is left empty stays as it is."""

    token = secret_box(Store._meta.get_field("token"))
    signing_key = secret_box(Store._meta.get_field("signing_key"))


def checked(asked: Asked) -> Result:
    """Ask Miva about every permission of the stores, and show each answer."""
    results = [(store, summed(check_store(store))) for store in asked.rows]
    return Result(page=("admin/stores/store/checks.html", {"results": results}))


def summed(checks: Sequence[Check]) -> dict[str, Any]:
    """Return checks with how many of them failed, and how many did not come to their turn."""
    return {
        "lines": checks,
        "failed": sum(1 for check in checks if check.ok is False),
        "unseen": sum(1 for check in checks if check.ok is None),
    }


def paused(asked: Asked) -> Result:
    """Pause the stores with the reason."""
    reason = asked.given["reason"]
    for store in asked.rows:
        set_pause(store, reason)
    sentence = f"{stores_are(len(asked.rows))} paused. Orders that are here already still go to Stone Edge."
    return Result(done=[sentence])


def resumed(asked: Asked) -> Result:
    """End the pause of the stores."""
    for store in asked.rows:
        set_pause(store, "")
    sentence = f"{stores_are(len(asked.rows))} resumed; the clock pulls what is due."
    return Result(done=[sentence])


def rotated(asked: Asked) -> Result:
    """Store the new secrets of the one store."""
    (store,) = asked.rows
    names = " and ".join(rotate(store, asked.given))
    asked.admin.mended(store)
    sentence = f"New {names} stored. The store is pulled within a minute: its state shows whether Miva takes them, and "
    return Result(done=[f"{sentence}'Check connection' says more."])


def stores_are(count: int) -> str:
    """Return "1 store is" or "3 stores are"."""
    return "1 store is" if count == 1 else f"{count} stores are"


CHECK = Act(
    "check",
    "Check connection",
    "Check the connection of {}?",
    "Miva is asked about every permission and setting that the portal needs. Nothing is changed there, and no order is fetched.",
    CHECKS,
    checked,
    takes=about(5),
    most=MOST_CHECKS,
)
PAUSE = Act(
    "pause",
    "Pause",
    "Pause {}?",
    "The clock stops pulling. Orders that are here already still go to Stone Edge, and nothing is lost: what is placed in the "
    "meantime comes after the pause.",
    PAUSES,
    paused,
    none="Nothing was changed: all of these are paused already.",
    fits=lambda rows: rows.filter(paused_reason=""),
    form=ReasonForm,
)
RESUME = Act(
    "resume",
    "Resume",
    "Resume {}?",
    "The clock pulls again. What was placed during the pause comes with the next pull.",
    PAUSES,
    resumed,
    none="Nothing was changed: none of these stores is paused.",
    fits=lambda rows: rows.exclude(paused_reason=""),
)
ROTATE = Act(
    "rotate",
    "Enter new secrets",
    "New token or signing key for {}?",
    "For a token that was replaced in Miva (Users → API Tokens). The former one is overwritten and cannot be brought back; an "
    "empty box keeps what is stored.",
    SECRETS_OF,
    rotated,
    form=SecretsForm,
    many=False,
)


class StoreActions(Acting, PortalAdmin):
    """What can be done with stores. What orders, shipments and stock add is added by their own apps."""

    acts: Sequence[Act] = (CHECK, PAUSE, RESUME, ROTATE)

    def line(self, row: Store) -> str:
        """Return how the question names a store."""
        return f"{row.merchant} · {row}"
