"""What every row of our copy of Miva's catalogue and customers has."""

from typing import ClassVar

from django.db import models

from stores.models import Store, StoreQuerySet


class CopyQuerySet(StoreQuerySet):
    """Rows of a copy."""

    def present(self) -> "CopyQuerySet":
        """Return the rows that Miva still has, as far as the last complete refresh knows."""
        return self.filter(gone_at=None)


class Copy(models.Model):
    """A row of Miva's as it was read last.

    Desktops page through the rows by `pk`, which only grows: a new row comes at the end. When a row is listed and when it ceased
    to be are kept, so that the pages of a download that has begun can be cut as the list was at its beginning.
    """

    # No index of its own: the constraint begins with the store.
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="%(class)ss", db_index=False)
    miva_id = models.BigIntegerField("Miva id")
    custom_fields = models.JSONField(default=dict, help_text="Name to value, both text.")
    read_at = models.DateTimeField(help_text="When the request that brought this version was sent.")
    seen_by = models.BigIntegerField(help_text="The refresh that saw the row last.")
    gone_at = models.DateTimeField(null=True, help_text="When a complete refresh did not find it any more.")
    listed_at = models.DateTimeField(null=True, help_text="Since when desktops are given it.")
    unlisted_at = models.DateTimeField(null=True, help_text="Since when they are not any more.")

    objects = CopyQuerySet.as_manager()

    class Meta:
        """Upsert by Miva's id; paged by our own."""

        abstract = True
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["store", "miva_id"], name="%(class)s_of_store")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["store", "id"], name="%(class)s_pages")]
