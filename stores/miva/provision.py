"""Is a store set up so that the portal can work with it? Every permission and setting, one by one."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from stores.miva.addresses import check_endpoint
from stores.miva.client import MivaClient
from stores.miva.denials import describe_offset
from stores.miva.errors import (
    AccessDenied,
    ClockSkewed,
    EndpointWrong,
    FunctionMissing,
    FunctionNotGranted,
    HttpLoginRefused,
    MivaDown,
    MivaError,
    MivaUnsure,
    QueueNotFound,
    RequestBlocked,
    SignatureRefused,
    SigningKeyUnusable,
    StoreCodeRefused,
    TimestampMissing,
    TokenDisabled,
)
from stores.miva.functions import ACKNOWLEDGE_FUNCTION, QUEUE_FUNCTION
from stores.miva.paging import ListQuery, Where

_NOBODY_HOME = (MivaDown, MivaUnsure, EndpointWrong, HttpLoginRefused, RequestBlocked)
_BEFORE_THE_FUNCTION = (
    ClockSkewed,
    TokenDisabled,
    TimestampMissing,
    SignatureRefused,
    SigningKeyUnusable,
    StoreCodeRefused,
)

# Each of these changes nothing: order and line 0 do not exist, and an empty list holds nothing to do. A
# denial comes before any look at the parameters (Miva reference §3), so every other answer proves the
# permission.
SHIPMENT_PROBES: Mapping[str, Mapping[str, Any]] = {
    "OrderShipmentList_Load_Query": {"Filter": [], "Sort": "id", "Offset": 0, "Count": 1},
    "OrderItemList_CreateShipment": {"Order_ID": 0, "Line_IDs": []},
    "OrderItem_Split": {"Order_ID": 0, "Line_ID": 0, "Quantity": 1},
    "OrderShipmentList_Update": {"Shipment_Updates": []},
}
CATALOGUE_PROBES: Mapping[str, Mapping[str, Any]] = {
    "ProductList_Load_Query": {"Filter": [], "Sort": "id", "Offset": 0, "Count": 1},
    "ProductVariantList_Load_Query": {"Product_ID": 0, "Filter": [], "Offset": 0, "Count": 1},
    "CustomerList_Load_Query": {"Filter": [], "Sort": "id", "Offset": 0, "Count": 1},
}
STOCK_PROBES: Mapping[str, Mapping[str, Any]] = {
    "ProductList_Load_Query": CATALOGUE_PROBES["ProductList_Load_Query"],
    "ProductList_Adjust_Inventory": {"Inventory_Adjustments": []},
    "InventoryProductSettings_Update": {"Product_ID": 0, "TrackProduct": True, "AdjustStockBy": 0},
}


TOO_SLOW = MivaDown("The store answers too slowly.", "Check again; ask the merchant's host when it stays so.")
Plan = dict[str, Callable[[], Any]]


STANDS: Mapping[bool | None, str] = {True: "ok    ", False: "FAILED", None: "-     "}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: its name, whether it is right (None: it did not come to that), and what it means or what to do."""

    name: str
    ok: bool | None
    message: str

    def __str__(self) -> str:
        """Return it as a line of text."""
        return f"{STANDS[self.ok]}  {self.name}: {self.message}"


def check_connection(
    client: MivaClient,
    *,
    queue_code: str = "",
    acknowledge: bool = True,
    catalogue: bool = True,
    shipments: bool = True,
    stock: bool = True,
    acknowledged_but_still_queued: Sequence[int] = (),
    within: float = 60.0,
) -> list[Check]:
    """Looks at the store without changing it, and never raises.

    After `within` seconds nothing more is asked; what is left is said to be not checked.
    Without `queue_code` the queue is left out, without `acknowledge` the acknowledgement, and so on.
    `acknowledged_but_still_queued` are order numbers that came back from the queue after they had been
    acknowledged: the only sign by which a missing workflow shows (Miva reference §9.2).
    """
    wanted = ((catalogue, CATALOGUE_PROBES), (shipments, SHIPMENT_PROBES), (stock, STOCK_PROBES))
    others = [probes for asked_for, probes in wanted if asked_for]
    plan = _plan(client, queue_code, acknowledge, *others)
    settings = [
        name for name, wanted in (("queue", queue_code), ("workflow", queue_code and acknowledge)) if wanted
    ]
    names = [*_CREDENTIALS, *plan, *settings]
    address = _address(client)
    if not address.ok:
        return [address, *_not_checked(names, "the endpoint is not right")]
    probes = _Probes(client, time.monotonic() + within)
    for function, probe in plan.items():
        probes.run(function, probe)
        if isinstance(probes.first, _NOBODY_HOME):
            return [
                Check("endpoint", False, str(probes.first)),
                *_not_checked(names, "the store did not answer"),
            ]
    checks = [address, *_credentials(probes), *(_granted(function, probes) for function in plan)]
    if "queue" in settings:
        checks.append(_queue(queue_code, probes))
    if "workflow" in settings:
        checks.append(_workflow(acknowledged_but_still_queued, probes))
    return checks


_CREDENTIALS = ("token", "clock", "signing key", "store code")


def _plan(
    client: MivaClient, queue_code: str, acknowledge: bool, *others: Mapping[str, Mapping[str, Any]]
) -> Plan:
    """What to try, by function, in the order in which it is shown."""
    plan: Plan = {
        "OrderList_Load_Query": lambda: client.order_list(_nothing()),
        "OrderCustomFieldList_Load": client.order_custom_fields,
    }
    if queue_code:
        plan[QUEUE_FUNCTION] = lambda: client.queue_orders(queue_code, _nothing())
    if queue_code and acknowledge:
        plan[ACKNOWLEDGE_FUNCTION] = lambda: client.module(*_ACKNOWLEDGE, Order_IDs=[])
    for probes in others:
        plan |= {function: partial(client.call, function, **values) for function, values in probes.items()}
    return plan


_ACKNOWLEDGE = ("orderworkflow", "OrderList_Acknowledge")


def _nothing() -> ListQuery:
    """A query that matches no order, so that no order_retrieved workflow runs (Miva reference §9.1)."""
    return ListQuery([Where("id", "EQ", 0)], count=1)


class _Probes:
    """What each function answered: its result, or the error."""

    def __init__(self, client: MivaClient, ends: float) -> None:
        self.client, self.ends = client, ends
        self.outcomes: dict[str, Any] = {}

    def run(self, function: str, probe: Callable[[], Any]) -> None:
        try:
            self.outcomes[function] = TOO_SLOW if time.monotonic() > self.ends else probe()
        except MivaError as error:
            self.outcomes[function] = error

    @property
    def first(self) -> Any:
        return next(iter(self.outcomes.values()))

    @property
    def let_in(self) -> bool:
        """Did any function get past token, clock, signature and store code? Silence is a function's no."""
        return not all(
            isinstance(outcome, (*_NOBODY_HOME, *_BEFORE_THE_FUNCTION, AccessDenied))
            and not isinstance(outcome, FunctionNotGranted)
            for outcome in self.outcomes.values()
        )

    def error(self, *kinds: type[MivaError]) -> MivaError | None:
        """The first error of one of these kinds."""
        return next((outcome for outcome in self.outcomes.values() if isinstance(outcome, kinds)), None)


def _address(client: MivaClient) -> Check:
    try:
        check_endpoint(client.credentials.endpoint, client.allow_private, allow_http=client.allow_http)
    except ValueError as error:
        return Check("endpoint", False, str(error))
    return Check("endpoint", True, "The store's API answers.")


def _no_answer(error: MivaError) -> Check:
    down = isinstance(error, MivaDown)
    remedy = "Check the endpoint, and try again when the store is back." if down else error.remedy
    return Check("endpoint", False, f"{error.reason} {remedy}")


def _credentials(probes: _Probes) -> list[Check]:
    """Token, clock, signing key, store code: the order in which Miva looks at them."""
    clock = probes.error(ClockSkewed, TimestampMissing)
    signature = probes.error(SignatureRefused, SigningKeyUnusable)
    token = probes.error(TokenDisabled)
    store = probes.error(StoreCodeRefused)
    if token is None and not probes.let_in and not (clock or signature or store):
        token = probes.error(AccessDenied)
    return [
        _verdict("token", token, None, "The token is accepted, and so is this server's address."),
        _verdict("clock", clock, token, _clock_message(probes.client)),
        _verdict("signing key", signature, token or clock, "The signature is accepted."),
        _verdict("store code", store, token or clock or signature, "The store code is known."),
    ]


def _verdict(name: str, error: MivaError | None, earlier: MivaError | None, good: str) -> Check:
    if error is not None:
        return Check(name, False, str(error))
    if earlier is not None:
        return Check(name, None, "Not checked, because Miva turned us away before it came to this.")
    return Check(name, True, good)


def _clock_message(client: MivaClient) -> str:
    offset = client.clock_offset
    if offset is None or abs(offset) < 2:
        return "The clocks agree."
    return f"Accepted; {describe_offset(offset)}."


def _granted(function: str, probes: _Probes) -> Check:
    """Any answer about the matter itself proves the permission; only a denial disproves it."""
    outcome = probes.outcomes[function]
    if isinstance(outcome, (*_BEFORE_THE_FUNCTION, *_NOBODY_HOME)):
        return Check(function, None, f"Not checked, because of this answer: {outcome.reason}")
    if isinstance(outcome, FunctionMissing):
        return Check(function, False, str(outcome))
    if not isinstance(outcome, AccessDenied):
        return Check(function, True, "Granted.")
    if not probes.let_in:
        return Check(function, None, "Not checked, because the token as such is not accepted.")
    return Check(
        function,
        False,
        f"The token is good, but it may not use {function}. In Miva (Users, API Tokens) add exactly this "
        f"function for "
        f"store {probes.client.credentials.store_code} to the token.",
    )


def _queue(queue_code: str, probes: _Probes) -> Check:
    outcome = probes.outcomes[QUEUE_FUNCTION]
    fields = probes.outcomes["OrderCustomFieldList_Load"]
    known = [] if isinstance(fields, MivaError) else queue_codes(fields)
    if isinstance(outcome, QueueNotFound):
        listed = f" This store has: {', '.join(known)}." if known else ""
        return Check(
            "queue", False, f"The store has no queue with the code {queue_code!r}. {outcome.remedy}{listed}"
        )
    if not isinstance(outcome, MivaError):
        return Check("queue", True, f"The queue {queue_code} exists and can be read.")
    if known and queue_code.lower() not in {code.lower() for code in known}:
        message = (
            f"The store seems to have no queue with the code {queue_code!r}. It has: {', '.join(known)}."
        )
        return Check("queue", False, message)
    return Check("queue", None, f"Not checked, because {QUEUE_FUNCTION} failed: {outcome.reason}")


def queue_codes(fields: Sequence[Mapping[str, Any]]) -> list[str]:
    """The codes of the store's queues: checkboxes among the order custom fields (Miva reference §9.5)."""
    return [
        str(field["code"])
        for field in fields
        if field.get("type") == "checkbox" and (field.get("module") or {}).get("code") == "orderworkflow"
    ]


def _workflow(still_queued: Sequence[int], probes: _Probes) -> Check:
    outcome = probes.outcomes[ACKNOWLEDGE_FUNCTION]
    if isinstance(outcome, MivaError):
        return Check(
            "workflow", None, f"Not checked, because {ACKNOWLEDGE_FUNCTION} failed: {outcome.reason}"
        )
    if not still_queued:
        return Check(
            "workflow", True, "No acknowledged order has come back. Miva does not say more than that."
        )
    numbers = ", ".join(str(number) for number in list(still_queued)[:10])
    return Check(
        "workflow",
        False,
        f"Orders {numbers} were acknowledged and are still in the queue: no workflow takes them out. In "
        f"Miva (Order "
        'Workflow) enable "Process Order Acknowledgement" together with "Process New & Updated Orders" and '
        '"Process '
        'Retrieved Orders with Order Acknowledgement".',
    )


def _not_checked(names: Sequence[str], because: str) -> list[Check]:
    return [Check(name, None, f"Not checked, because {because}.") for name in names]
