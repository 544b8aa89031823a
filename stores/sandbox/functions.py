"""The function table: which names exist, who may call them, and what runs. New functions are one row here."""

from __future__ import annotations

from collections.abc import Callable

from stores.sandbox import (
    customer_functions,
    domain_functions,
    line_functions,
    order_functions,
    product_functions,
    shipment_functions,
    stock_functions,
    workflow_functions,
)
from stores.sandbox.envelope import ApiError, EmptyReplyError, access_denied
from stores.sandbox.parameters import Parameters
from stores.sandbox.store import SandboxStore

Function = Callable[[SandboxStore, Parameters], bytes]

DOMAIN_FUNCTIONS: dict[str, Function] = {
    "MivaMerchantVersion": domain_functions.merchant_version,
}
STORE_FUNCTIONS: dict[str, Function] = {
    "OrderList_Load_Query": order_functions.load_orders,
    "OrderCustomFieldList_Load": order_functions.load_custom_fields,
    "CustomerList_Load_Query": customer_functions.load_customers,
    "ProductList_Load_Query": product_functions.load_products,
    "ProductVariantList_Load_Product": product_functions.load_variants,
    "ProductVariantList_Load_Query": product_functions.load_variant_rows,
    "ProductList_Adjust_Inventory": stock_functions.adjust_inventory,
    "Product_Update": stock_functions.update_product,
    stock_functions.INVENTORY_UPDATE: stock_functions.update_inventory_settings,
    "OrderItem_Split": line_functions.split,
    "OrderItemList_BackOrder": line_functions.back_order,
    "OrderItemList_Cancel": line_functions.cancel,
    "OrderItemList_CreateReturn": shipment_functions.create_return,
    "OrderItemList_CreateShipment": shipment_functions.create_shipment,
    "OrderItemList_Delete": line_functions.delete,
    "OrderItemList_RemoveFromShipment": shipment_functions.remove_from_shipment,
    "OrderReturnList_Received": shipment_functions.receive_returns,
    "OrderShipmentList_Load_Query": shipment_functions.load_shipments,
    "OrderShipmentList_Update": shipment_functions.update_shipments,
}
MODULE_FUNCTIONS: dict[str, dict[str, Function]] = {
    workflow_functions.MODULE_CODE: {
        "QueueOrderList_Load_Query": workflow_functions.load_queue,
        "OrderList_Acknowledge": workflow_functions.acknowledge,
    },
}
UNKNOWN_MODULE_FUNCTION = {workflow_functions.MODULE_CODE: ("MER-UTIL-ORWF-00117", "Invalid function")}


def function_name(parameters: Parameters) -> str:
    """The name by which a call is journalled and faults are aimed: the module's function for module calls."""
    name = parameters.text("Function")
    return parameters.text("Module_Function") if name == "Module" else name


def run(store: SandboxStore, parameters: Parameters) -> bytes:
    """Check one call's names and permissions and run it; raises ApiError (Miva reference §3, §4.3)."""
    name = parameters.text("Function")
    if not name:
        raise ApiError("MER-JSN-00024", "Missing required parameter Function")
    if name in DOMAIN_FUNCTIONS:
        _check_permission(store, name)
        return DOMAIN_FUNCTIONS[name](store, parameters)
    _check_store(store, parameters)
    if name == "Module":
        return _run_module(store, parameters)
    if name not in STORE_FUNCTIONS:
        raise ApiError("invalid_function", "Invalid function")
    _check_permission(store, name)
    return STORE_FUNCTIONS[name](store, parameters)


def _run_module(store: SandboxStore, parameters: Parameters) -> bytes:
    module, name = parameters.text("Module_Code"), parameters.text("Module_Function")
    if not module:
        raise ApiError("MER-JSN-00025", "Missing required parameter Module_Code")
    if not name:
        raise ApiError("MER-JSN-00026", "Missing required parameter Module_Function")
    functions = MODULE_FUNCTIONS.get(module)
    if functions is None:
        raise ApiError("invalid_module", "Invalid module")
    if name not in functions:
        raise ApiError(*UNKNOWN_MODULE_FUNCTION[module])
    _check_permission(store, f"Module:{module}:{name}")
    return functions[name](store, parameters)


def _check_store(store: SandboxStore, parameters: Parameters) -> None:
    """Missing and blank differ: a blank code is looked up and not found (Miva reference §1)."""
    if not parameters.has("Store_Code"):
        raise ApiError("MER-JSN-00017", "Missing required parameter Store_Code")
    if parameters.text("Store_Code").lower() != store.store_code.lower():
        raise ApiError("EOF", "Record not found: MER-DBP-STO-00001")


def _check_permission(store: SandboxStore, name: str) -> None:
    if store.granted_functions is None or name in store.granted_functions:
        return
    if name in store.empty_when_denied:
        raise EmptyReplyError("access_denied", "Access denied")
    raise access_denied()
