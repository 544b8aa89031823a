"""The support team's pages about catalogue and stock, and what it adds to the pages about stores."""

from inventory.admin import catalogue, stock, stores

__all__ = ["catalogue", "stock", "stores"]
