"""Our copy of Miva's catalogue and customers, the reading of it, and what is to be done to Miva's stock."""

from inventory.models.comparisons import StockComparison
from inventory.models.copies import Copy
from inventory.models.customers import Customer
from inventory.models.products import Product, Variant, fold
from inventory.models.refreshes import CatalogueRefresh
from inventory.models.stock import StockChange, StockLevel, StockPush

__all__ = [
    "CatalogueRefresh",
    "Copy",
    "Customer",
    "Product",
    "StockChange",
    "StockComparison",
    "StockLevel",
    "StockPush",
    "Variant",
    "fold",
]
