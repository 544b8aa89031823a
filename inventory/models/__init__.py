"""Our copy of Miva's catalogue and customers, and the reading of it."""

from inventory.models.copies import Copy
from inventory.models.customers import Customer
from inventory.models.products import Product, Variant, fold
from inventory.models.refreshes import CatalogueRefresh

__all__ = ["CatalogueRefresh", "Copy", "Customer", "Product", "Variant", "fold"]
