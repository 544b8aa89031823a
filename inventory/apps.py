"""The app that keeps a copy of the catalogue and moves stock."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """Products and customers of Miva for Stone Edge, stock of Stone Edge for Miva."""

    name = "inventory"
    verbose_name = "Products and stock"
