"""The support team's pages about shipments, and what shipments add to the pages about stores and orders."""

from fulfillment.admin import orders, rules, shipments, stores, updates

__all__ = ["orders", "rules", "shipments", "stores", "updates"]
