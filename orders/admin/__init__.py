"""The support team's pages about orders, and what orders add to the pages about stores."""

from orders.admin import backfills, fields, orders, payments, reconciliations, stores, unmapped

__all__ = ["backfills", "fields", "orders", "payments", "reconciliations", "stores", "unmapped"]
