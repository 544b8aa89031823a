"""The functions of SETI that change stock (SETI reference §2.7, §2.8, §2.10): written down, answered, pushed afterwards."""

from collections.abc import Sequence

from inventory import record, tasks
from inventory.catalog import copy_is_filled
from inventory.models import fold
from inventory.record import Asker, Recorded, Wanted, untracked
from inventory.resolve import UnknownSku, resolve
from stores.context import request_id
from stores.models import Desktop, Store
from stores.seti import responses
from stores.seti.requests import SetiRequest
from stores.seti.stock_updates import LONGEST_SKU, StockEntry, joined_at_bars, parse_entries


def invupdate(desktop: Desktop, request: SetiRequest) -> bytes:
    """Add to the quantity of one SKU; the answer tells the quantity that Miva will have. Of several, one line for each."""
    if not request.get("update").strip():
        return responses.inventory_reply("NONETRANSMITTED", "NF", "NotFound", done=False)
    entries = entries_of(desktop.store, request)
    forgiving = desktop.store.unknown_sku == Store.UnknownSku.OK
    recorded = iter(
        record.add(
            desktop.store,
            wanted_of(entries),
            asker_of(desktop),
            look_up=lambda: forgiving or not copy_is_filled(desktop.store),
        )
    )
    lines = [
        responses.inventory_reply(entry.sku, "NA", entry.problem, done=False)
        if entry.problem
        else added(desktop.store, entry.sku, next(recorded), forgiving=forgiving)
        for entry in entries
    ]
    tasks.nudge_stock(desktop.store_id)
    return b"\r\n".join(lines)


def entries_of(store: Store, request: SetiRequest) -> list[StockEntry]:
    """Return a message's entries. Text cannot tell a SKU with a bar from two entries: it is one where our copy has that SKU."""
    entries = parse_entries(request)
    joined = joined_at_bars(entries)
    known = resolve(store, [entry.sku for entry in joined.values()]) if joined else {}
    for place, entry in reversed(joined.items()):
        if not isinstance(known[fold(entry.sku)], UnknownSku):
            entries[place : place + entry.text.count("|") + 1] = [entry]
    return entries


def wanted_of(entries: Sequence[StockEntry]) -> list[Wanted]:
    """Return the changes that can be read, in their order."""
    return [
        Wanted(entry.sku, entry.quantity)
        for entry in entries
        if entry.quantity is not None and not entry.problem
    ]


def added(store: Store, sku: str, recorded: Recorded, *, forgiving: bool) -> bytes:
    """Return the line of one relative change that was written down (§2.8, §6 row 20)."""
    if recorded.keeper is not None:
        if untracked(store, recorded):
            return responses.inventory_reply(sku, "NA", "NotTracking", done=True)
        return responses.inventory_reply(sku, said(recorded.figure), done=True)
    if not isinstance(recorded.unresolved, UnknownSku):
        return responses.inventory_reply(sku, "NA", str(recorded.unresolved), done=forgiving)
    if not copy_is_filled(store):
        return responses.inventory_reply(sku, "NA", done=True)
    return responses.inventory_reply(sku, "NF", "NotFound", done=forgiving)


def qohreplace(desktop: Desktop, request: SetiRequest) -> bytes:
    """Set the quantities of many SKUs; one line for each in its order (§2.7)."""
    entries = entries_of(desktop.store, request)
    filled = copy_is_filled(desktop.store)
    recorded = iter(record.replace(desktop.store, wanted_of(entries), asker_of(desktop), look_up=True))
    results = [
        (entry.text, "Err")
        if entry.problem
        else (entry.sku, result(desktop.store, next(recorded), filled=filled))
        for entry in entries
    ]
    tasks.nudge_stock(desktop.store_id)
    return responses.quantity_reply(results)


def result(store: Store, recorded: Recorded, *, filled: bool) -> str:
    """Return OK, NF, NA or Err for one SKU. Until our copy is complete nothing counts as missing: Miva is asked later."""
    if recorded.keeper is not None:
        return "NA" if untracked(store, recorded) else "OK"
    if isinstance(recorded.unresolved, UnknownSku):
        return "NF" if filled else "OK"
    return "Err"


def updatestockstatus(desktop: Desktop, request: SetiRequest) -> bytes:
    """Show products in the store or hide them; unknown SKUs are ignored, and so is what can be none (§2.10)."""
    named = [
        entry
        for entry in entries_of(desktop.store, request)
        if entry.sku.strip() and len(entry.sku) <= LONGEST_SKU
    ]
    wanted = [Wanted(entry.sku, int(entry.active)) for entry in named]
    look_up = not copy_is_filled(desktop.store)
    record.show(desktop.store, wanted, asker_of(desktop), look_up=look_up)
    tasks.nudge_stock(desktop.store_id)
    return responses.stock_status_reply()


def said(figure: int | None) -> int | str:
    """Return a quantity as it is answered."""
    return "NA" if figure is None else figure


def asker_of(desktop: Desktop) -> Asker:
    """Return who asks."""
    return Asker(desktop=desktop, request_id=request_id.get())
