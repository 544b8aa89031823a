"""Miva modules that the former integration read and this one does not (guide, "Legacy Features/Modules no longer supported")."""

LEGACY_MODULES = (
    ("Addendum", "Order Custom Fields"),
    ("Additional Checkout Data Pro", "Order Custom Fields"),
    ("Viking Coders Order Instructions", "Order Custom Fields"),
    ("Viking Coders Order Status Manager", "Miva's default order statuses"),
    ("Viking Coders Inventory Manager", "Miva's built-in inventory"),
    ("Sebenza Ultimate Order Status", "Miva's default order statuses"),
)
