"""Comparing the stock that the ledger leads one to expect with Miva's."""

from typing import ClassVar

from django.db import models

from orders.models import Job


class StockComparison(Job):
    """One comparison of a store's figures with Miva; `position` is the last level that is done, what was found is in the levels."""

    planned = models.BooleanField(default=False, help_text="By the clock, once each night.")
    compared = models.PositiveBigIntegerField(default=0, help_text="Products compared so far.")
    drifted = models.PositiveBigIntegerField(
        default=0, help_text="Products whose figure was not the expected one."
    )

    class Meta(Job.Meta):
        """A store has at most one comparison ahead or under way."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["store"],
                condition=models.Q(state__in=("waiting", "running")),
                name="one_stock_comparison",
            )
        ]

    def __str__(self) -> str:
        """Return when it began."""
        return f"stock, {(self.started_at or self.not_before):%Y-%m-%d %H:%M} UTC"
