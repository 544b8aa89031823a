"""How far somebody has come with connecting a store."""

from django.db import models

from stores.fields import by_whom
from stores.models.tenants import Store


class StoreSetup(models.Model):
    """The guided form about one store, so that it can be left and taken up again; the settings themselves stand on the store."""

    class Step(models.IntegerChoices):
        """The pages of the form, in their order."""

        CREDENTIALS = 1, "Merchant and credentials"
        CHECK = 2, "Permissions"
        STRATEGY = 3, "Strategy"
        FIELDS = 4, "Custom fields"
        PAYMENTS = 5, "Payment methods"
        STONE_EDGE = 6, "Stone Edge"
        PULL = 7, "First pull"

    store = models.OneToOneField(Store, on_delete=models.CASCADE, primary_key=True, related_name="setup")
    reached = models.PositiveSmallIntegerField(choices=Step, default=Step.CHECK)
    checks = models.JSONField(default=list, help_text="The last check: name, ok and message of each line.")
    queues = models.JSONField(default=list, help_text="Codes of the order queues that Miva has.")
    knows_updates = models.BooleanField(
        null=True, help_text="Whether Miva says when an order was last changed (10.03 or newer)."
    )
    checked_at = models.DateTimeField(null=True)
    begun_by = by_whom()
    begun_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Return the store's key and the step."""
        return f"connecting {self.store_id}, step {self.reached}"
