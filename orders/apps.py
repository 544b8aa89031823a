"""The app that pulls, keeps, translates and serves orders."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders on their way from Miva to Stone Edge."""

    name = "orders"
    verbose_name = "Orders"
