"""The support team's pages about orders, and what orders add to the pages about stores."""

from orders.admin import orders, stores

__all__ = ["orders", "stores"]
