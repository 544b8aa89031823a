"""The order custom fields of this store: the merchant's own and the queues (Miva reference §11)."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

WORKFLOW_MODULE: dict[str, Any] = {
    "id": 225,
    "code": "orderworkflow",
    "name": "Order Workflow",
    "provider": "Miva Merchant",
    "api_ver": "9.12",
    "version": "10.1301",
    "module": "modules/util/orderworkflow.mvc",
    "refcount": 1,
    "active": True,
    "priority": 0,
}
FIELDS_MODULE = WORKFLOW_MODULE | {
    "id": 156,
    "code": "customfields",
    "name": "Custom Fields",
    "api_ver": "10.08",
    "version": "10.1302",
    "module": "modules/util/customfld.mvc",
}
MERCHANT_FIELDS = (
    ("order_instructions", "Order Instructions", "textarea"),
    ("comments", "Customer Comments", "textarea"),
    ("po_number", "PO Number", "text"),
    ("customer_ip", "Customer IP Address", "text"),
    ("high_priority", "High Priority", "checkbox"),
    ("order_status", "Custom Order Status", "choice"),
    ("gift_message", "Gift Message", "textarea"),
    ("insured_value", "Insured Value", "price_optional"),
    ("packing_tags", "Packing Tags", "multitext"),
    ("signifyd_guarantee_disposition", "Signifyd Guarantee Disposition", "text"),
)
BLANK: dict[str, Any] = {"price_optional": None, "multitext": []}  # anything else is text, and blank as such
STATUS_CHOICES = ("Status 1", "Status 2", "Status 3")


def blank_values() -> dict[str, Any]:
    """The merchant's fields of an order in which nothing was entered."""
    return {code: copy(BLANK.get(kind, "")) for code, _name, kind in MERCHANT_FIELDS}


def definitions(queue_names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The reply data of OrderCustomFieldList_Load; `queue_names` maps queue codes to their names."""
    merchant = [_definition(*field, FIELDS_MODULE) for field in MERCHANT_FIELDS]
    queues = [_definition(code, name, "checkbox", WORKFLOW_MODULE) for code, name in queue_names.items()]
    audit = _definition("auditlog", "Audit Log", "textarea", WORKFLOW_MODULE) | {
        "readonly": True,
        "sortable": False,
    }
    return [*merchant, audit, *queues]


def _definition(code: str, name: str, kind: str, module: Mapping[str, Any]) -> dict[str, Any]:
    field: dict[str, Any] = {
        "code": code,
        "name": name,
        "type": kind,
        "public": False,
        "readonly": False,
        "searchable": True,
        "sortable": True,
        "module": dict(module),
    }
    return field | {"choices": list(STATUS_CHOICES)} if kind == "choice" else field
