"""The support team's pages about the catalogue, and what it adds to the pages about stores."""

from inventory.admin import catalogue, stores

__all__ = ["catalogue", "stores"]
