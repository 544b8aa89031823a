"""The app that owns merchants, stores and both wires."""

from django.apps import AppConfig
from django.urls.converters import IntConverter, register_converter


class KeyConverter(IntConverter):
    """A row's key in an address: no more digits than a row's key can have, or no database could look for it."""

    regex = "[0-9]{1,18}"


register_converter(KeyConverter, "key")  # addresses are read once the apps are there


class StoresConfig(AppConfig):
    """Merchants, their Miva stores and their Stone Edge desktops."""

    name = "stores"
    verbose_name = "Stores"
