"""`updatestatus`: the desktop's report about one order or several (SETI reference §2.9)."""

from collections.abc import Sequence

from django.db import transaction

from fulfillment.meanings import rules_of
from fulfillment.models import FulfillmentRules
from fulfillment.record import record
from fulfillment.tasks import nudge
from stores.models import Desktop
from stores.seti import responses
from stores.seti.errors import SetiError
from stores.seti.requests import SetiRequest
from stores.seti.status_updates import parse_updates

MOST_NAMED = 20


def updatestatus(desktop: Desktop, request: SetiRequest) -> bytes:
    """Answer when everything is written down; Miva gets it later. What cannot be read is refused in the function's own form."""
    store = desktop.store
    try:
        updates = parse_updates(request)
    except SetiError as error:
        return responses.update_failed(error.message)
    recorded = record(store, updates, desktop)
    if recorded.owed:
        transaction.on_commit(lambda: nudge(store.pk))
    if not recorded.unknown:
        return responses.update_done()
    sentence = unknown_orders(recorded.unknown)
    if rules_of(store).unknown_orders == FulfillmentRules.UnknownOrders.IGNORE:
        return responses.update_done(f"{sentence} and ignored")
    return responses.update_failed(sentence)


def unknown_orders(numbers: Sequence[str]) -> str:
    """Return which orders this store does not have: `Order 9999 is unknown`."""
    named = ", ".join(number[:40] for number in numbers[:MOST_NAMED])
    more = f" and {len(numbers) - MOST_NAMED} more" if len(numbers) > MOST_NAMED else ""
    return f"Order {named} is unknown" if len(numbers) == 1 else f"Orders {named}{more} are unknown"
