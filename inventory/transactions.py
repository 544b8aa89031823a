"""Writing in one transaction, and again when the database itself has broken it off."""

from collections.abc import Callable

from django.db import OperationalError, transaction

ATTEMPTS = 3
# PostgreSQL: deadlock, and a serialization failure. Both say that all of the transaction is undone.
UNDONE = ("40P01", "40001")
# SQLite: another connection writes. Nothing was committed, and the transaction is rolled back with the error.
LOCKED = ("SQLITE_BUSY", "SQLITE_LOCKED")


def unbroken(writing: Callable[[], None]) -> None:
    """Write in one transaction. A worker that takes the same rows in another order may make the database break one of the two off:
    then all of it is written again.

    Raises OperationalError for everything else. A connection that was lost may have been lost after the commit: written again, a
    delta would count twice.
    """
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            with transaction.atomic():
                writing()
        except OperationalError as error:
            if not attempts_left or not is_undone(error):
                raise
        else:
            return


def is_undone(error: OperationalError) -> bool:
    """Whether the database says that it has certainly written nothing."""
    cause = error.__cause__
    if getattr(cause, "sqlstate", None) in UNDONE:
        return True
    return str(getattr(cause, "sqlite_errorname", "")).startswith(LOCKED)
