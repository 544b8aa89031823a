"""What Stone Edge reported, what Miva is owed for it, and how a store wants it done."""

from fulfillment.models.rules import CarrierMapping, FulfillmentRules, StatusMeaning, StoreShipping
from fulfillment.models.shipments import Package, Shipment, ShipmentLine
from fulfillment.models.updates import StatusUpdate

__all__ = [
    "CarrierMapping",
    "FulfillmentRules",
    "Package",
    "Shipment",
    "ShipmentLine",
    "StatusMeaning",
    "StatusUpdate",
    "StoreShipping",
]
