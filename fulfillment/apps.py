"""The app that brings shipments, tracking and order status back to Miva."""

from django.apps import AppConfig


class FulfillmentConfig(AppConfig):
    """What happens in Stone Edge on its way to Miva."""

    name = "fulfillment"
    verbose_name = "Fulfillment"
