"""Writing a different value into each of many rows by one statement.

Django's bulk_update builds an expression for each row and column, which costs more than the calls to Miva. PostgreSQL and SQLite
spell `UPDATE … FROM (VALUES …)` alike, and both name the columns of VALUES column1, column2 and so on.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model


def update_from(
    model: type[Model], key: str, columns: Sequence[str], rows: Sequence[Sequence[object]], **same: object
) -> int:
    """Set `columns` of each row whose `key` column is the first value; returns how many rows were changed.

    `same` names columns that a row must have besides, all of them the same value; None: it must not be blank.
    """
    if not rows:
        return 0
    table, quoted = model._meta.db_table, connection.ops.quote_name
    changes = ", ".join(f"{quoted(name)} = given.column{at}" for at, name in enumerate(columns, start=2))
    one = "(" + ", ".join(["%s"] * (len(columns) + 1)) + ")"
    conditions = [f"{table}.{quoted(key)} = given.column1"]
    conditions += [
        f"{table}.{quoted(name)} " + ("IS NOT NULL" if value is None else "= %s")
        for name, value in same.items()
    ]
    statement = (
        f"UPDATE {table} SET {changes} FROM (VALUES {', '.join([one] * len(rows))}) AS given "  # noqa: S608  # our own names
        f"WHERE {' AND '.join(conditions)}"
    )
    parameters: list[Any] = [value for row in rows for value in row]
    parameters += [
        model._meta.get_field(name).get_db_prep_value(value, connection)  # type: ignore[union-attr]
        for name, value in same.items()
        if value is not None
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def insert_from(
    row: Model,
    columns: Sequence[str],
    values: Sequence[Sequence[object]],
    *,
    unique: Sequence[str] = (),
    replaced: Sequence[str] = (),
    added: Sequence[str] = (),
    returning: Sequence[str] = (),
) -> list[tuple[Any, ...]]:
    """Insert a row for each of `values`, which differ in `columns` and are otherwise like `row`; where one is there already (by
    its `unique` columns), write over the `replaced` ones and add to the `added` ones. Returns the `returning` columns of each row
    as the database has them then.

    bulk_create converts every column of every row, which takes a desktop that sends its whole catalogue several seconds.
    """
    if not values:
        return []
    quoted = connection.ops.quote_name
    fixed = [
        (field.column, field.get_db_prep_save(getattr(row, field.attname), connection))
        for field in row._meta.concrete_fields
        if field.column not in columns and getattr(row, field.attname) is not None
    ]
    names = [str(name) for name, _ in fixed] + list(columns)
    given = [f"given.column{at}" for at in range(1, len(columns) + 1)]
    one = "(" + ", ".join(["%s"] * len(columns)) + ")"
    statement = (
        f"INSERT INTO {row._meta.db_table} ({', '.join(map(quoted, names))}) "  # noqa: S608  # our own names
        f"SELECT {', '.join(['%s'] * len(fixed) + given)} FROM (VALUES {', '.join([one] * len(values))}) AS given WHERE true"
    )
    if unique:
        table = row._meta.db_table
        changes = [f"{quoted(name)} = excluded.{quoted(name)}" for name in replaced]
        changes += [f"{quoted(name)} = {table}.{quoted(name)} + excluded.{quoted(name)}" for name in added]
        statement += f" ON CONFLICT ({', '.join(map(quoted, unique))}) DO UPDATE SET {', '.join(changes)}"
    if returning:
        statement += f" RETURNING {', '.join(map(quoted, returning))}"
    parameters: list[Any] = [value for _, value in fixed] + [value for each in values for value in each]
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if returning else []
