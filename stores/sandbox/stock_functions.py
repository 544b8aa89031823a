"""Functions that change stock, to the letter of Miva reference §13.3."""

from __future__ import annotations

from typing import Any

from stores.sandbox.columns import Row
from stores.sandbox.envelope import ApiError, input_errors, invalid_input, success
from stores.sandbox.parameters import Parameters
from stores.sandbox.product_functions import loaded_product
from stores.sandbox.store import SandboxStore

INVENTORY_UPDATE = "InventoryProductSettings_Update"
TRISTATE = {"default": "d", "yes": "y", "no": "n"}
TRISTATES = {
    "TrackLowStockLevel": "low_track",
    "TrackOutOfStockLevel": "out_track",
    "HideOutOfStockProducts": "out_hide",
}
LEVELS = {"LowStockLevel": ("low_level", "low_lvl_d"), "OutOfStockLevel": ("out_level", "out_lvl_d")}
MESSAGES = {
    "InStockMessageShort": "in_short",
    "InStockMessageLong": "in_long",
    "LowStockMessageShort": "low_short",
    "LowStockMessageLong": "low_long",
    "OutOfStockMessageShort": "out_short",
    "OutOfStockMessageLong": "out_long",
    "LimitedStockMessage": "ltd_long",
}


def adjust_inventory(store: SandboxStore, parameters: Parameters) -> bytes:
    """ProductList_Adjust_Inventory: everything is looked up before anything is applied, then applied one by
    one. An untracked product becomes tracked with count = adjustment."""
    given = parameters.get("Inventory_Adjustments")
    if not isinstance(given, list):
        raise invalid_input("Inventory_Adjustments", "Missing required parameter")
    found: list[tuple[Row, int]] = []
    wrong: dict[str, str] = {}
    for place, each in enumerate(given, start=1):
        path = f"Inventory_Adjustments[{place}]"
        members = Parameters(each)
        row, problem = _looked_up(store, members)
        wrong |= {f"{path}:{name}": message for name, message in problem.items()}
        amount = _whole(members.text("adjustment"))
        if amount is None:
            wrong[f"{path}:adjustment"] = _number_problem(members.text("adjustment"))
        elif row is not None:
            found.append((row, amount))
    if wrong:
        raise input_errors(wrong)
    for row, _ in found:
        _must_be_willing(store, row)
    for row, amount in found:
        store.inventory.adjust(row, amount)
    return success()


def update_product(store: SandboxStore, parameters: Parameters) -> bytes:
    """Product_Update, as far as stock and the active flag go. Product_Inventory does nothing at all, without a
    word, when the product is untracked or the token lacks the inventory right."""
    row = loaded_product(store, parameters)
    _must_be_willing(store, row)
    changed = dict(row)
    if parameters.text("Product_ID") or parameters.text("Edit_Product"):
        changed |= _renamed(parameters)
    if parameters.has("Product_Active"):
        changed["active"] = _truth("Product_Active", parameters.text("Product_Active"))
    if parameters.has("Product_Inventory"):
        figure = _required_whole("Product_Inventory", parameters.text("Product_Inventory"))
        if row["product_inventory_active"] and _may_change_stock(store):
            changed["product_inventory"] = figure
    store.inventory.keep(changed | {"dt_updated": store.now()})
    return success()


def update_inventory_settings(store: SandboxStore, parameters: Parameters) -> bytes:
    """InventoryProductSettings_Update: with TrackProduct the safest absolute set; where that is false, settings
    and count are deleted."""
    row = loaded_product(store, parameters)
    _must_be_willing(store, row)
    if parameters.has("CurrentStock") and parameters.has("AdjustStockBy"):
        raise ApiError(
            "MER-INV-JSN-00001",
            "Parameters CurrentStockLevel and AdjustStockBy cannot be passed at the same time.",
        )
    settings = row["productinventorysettings"] | _settings(parameters)
    if parameters.has("TrackProduct") and not _truth("TrackProduct", parameters.text("TrackProduct")):
        store.set_stock(row["code"], None)
        return success()
    figure = _figure(row, parameters)
    row["productinventorysettings"] = settings
    if parameters.has("TrackProduct") or row["product_inventory_active"]:
        store.inventory.track(row, figure)
    return success()


def _must_be_willing(store: SandboxStore, row: Row) -> None:
    if row["id"] in store.refused_changes:
        raise ApiError("MER-INV-JSN-00099", store.refused_changes[row["id"]])


def _figure(row: Row, parameters: Parameters) -> int:
    if parameters.has("CurrentStock"):
        return _required_whole("CurrentStock", parameters.text("CurrentStock"))
    if parameters.has("AdjustStockBy"):
        by = _required_whole("AdjustStockBy", parameters.text("AdjustStockBy"))
        return int(row["product_inventory"]) + by
    return int(row["product_inventory"])


def _settings(parameters: Parameters) -> Row:
    settings: Row = {}
    for name, member in TRISTATES.items():
        if parameters.has(name):
            value = TRISTATE.get(parameters.text(name).lower())
            if value is None:
                raise invalid_input(name, "Must be one of: Default,Yes,No")
            settings[member] = value
    for name, (level, by_default) in LEVELS.items():
        if parameters.has(name):
            settings |= _level(name, parameters.text(name), level, by_default)
    return settings | {
        member: parameters.text(name) for name, member in MESSAGES.items() if parameters.has(name)
    }


def _level(name: str, text: str, level: str, by_default: str) -> Row:
    if text.lower() == "default":
        return {level: 0, by_default: True}
    return {level: _required_whole(name, text), by_default: False}


def _renamed(parameters: Parameters) -> Row:
    """With Product_ID or Edit_Product as loader, Product_Code and Product_SKU are new values (§13.3)."""
    members = {"code": "Product_Code", "sku": "Product_SKU", "name": "Product_Name"}
    return {member: parameters.text(name) for member, name in members.items() if parameters.has(name)}


def _looked_up(store: SandboxStore, members: Parameters) -> tuple[Row | None, dict[str, str]]:
    """The product of one adjustment, or what is wrong with its loader: id before code before SKU."""
    if members.text("product_id"):
        row = store.inventory.rows.get(_whole(members.text("product_id")) or 0)
        return row, {} if row else {"product_id": "Product not found"}
    if members.text("product_code"):
        row = store.inventory.by_code(members.text("product_code"))
        return row, {} if row else {"product_code": "Product not found"}
    several = store.inventory.by_sku(members.text("product_sku")) if members.text("product_sku") else []
    if len(several) == 1:
        return several[0], {}
    return None, {"product_sku": "Ambiguous product SKU" if several else "Product not found"}


def _may_change_stock(store: SandboxStore) -> bool:
    """The right that Product_Update needs for its inventory member; ours: the one of the settings call."""
    return store.granted_functions is None or INVENTORY_UPDATE in store.granted_functions


def _required_whole(name: str, text: str) -> int:
    figure = _whole(text)
    if figure is None:
        raise invalid_input(name, _number_problem(text))
    return figure


def _number_problem(text: str) -> str:
    return "Please enter a number" if text else "Missing required parameter"


def _whole(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def _truth(name: str, text: Any) -> bool:
    known = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    value = known.get(str(text).lower())
    if value is None:
        raise invalid_input(name, "Boolean values must be Yes/No, True/False, or 0/1")
    return value
