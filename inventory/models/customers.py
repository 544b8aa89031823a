"""Customers of a Miva store."""

from django.db import models

from inventory.models.copies import Copy


class Customer(Copy):
    """One customer account. Support's pages do not list them: nobody there needs them."""

    login = models.CharField(max_length=255, blank=True)
    email = models.CharField(max_length=254, blank=True)
    billing = models.JSONField(
        default=dict, help_text="Miva's bill_* members without the prefix (Miva reference §14)."
    )
    shipping = models.JSONField(default=dict, help_text="Miva's ship_* members without the prefix.")
    business_title = models.CharField(max_length=255, blank=True)

    def __str__(self) -> str:
        """Return Miva's id; names are nobody's business in logs."""
        return str(self.miva_id)
