"""Committing without waiting for the disk, for notes that nothing depends on."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def soon_on_disk() -> Iterator[None]:
    """A transaction of its own that everybody sees when it ends, and that is on disk a moment later, at the latest with the next
    one that is waited for. Should the database's machine go down before that, what was written in it is gone, and nothing else."""
    with transaction.atomic(durable=True):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit TO off")
        yield
