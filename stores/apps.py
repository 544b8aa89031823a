"""The app that owns merchants, stores and both wires."""

from django.apps import AppConfig


class StoresConfig(AppConfig):
    """Merchants, their Miva stores and their Stone Edge desktops."""

    name = "stores"
    verbose_name = "Stores"
