"""After a test that commits, what it wrote is deleted and what the migrations wrote stays.

Django's own way truncates every table and makes content types, permissions and roles again, which takes longer than most tests.
"""

from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.test import TransactionTestCase

Rows = dict[str, list[tuple[Any, ...]]]


def tables_with_rows(tables: list[str]) -> list[str]:
    """Return those of the tables that have rows."""
    asked = ", ".join(f"EXISTS(SELECT 1 FROM {connection.ops.quote_name(table)})" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {asked}")
        return [table for table, found in zip(tables, cursor.fetchone(), strict=True) if found]


def rows_of(tables: list[str]) -> Rows:
    """Return all that the tables hold."""
    found: Rows = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY 1")
            found[table] = cursor.fetchall()
    return found


def empty_by_rows() -> None:
    """Let tests empty the database by rows from now on; it must be as the migrations left it."""
    tables = [name for name in connection.introspection.django_table_names() if name != "django_migrations"]
    made = rows_of(tables_with_rows(tables))

    def teardown(test: TransactionTestCase) -> None:
        written = [table for table in tables_with_rows(tables) if table not in made]
        with transaction.atomic(), connection.cursor() as cursor:
            for table in written:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")
        if rows_of(list(made)) != made:  # somebody touched the roles
            call_command("flush", verbosity=0, interactive=False)
            made.update(rows_of(list(made)))

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]
