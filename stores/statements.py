"""Reading by a SELECT that Django has written once: for each request anew, that takes longer than the database needs to answer."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet


class Statement:
    """The SELECT of a queryset of `values_list`, to be read again and again with other values than the ones it was written with."""

    def __init__(self, queryset: QuerySet[Any, Any]) -> None:
        """Write it down. Its values are examples: only their number counts, and the order in which they are in the statement."""
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self._sql, examples = compiler.as_sql()
        self._values = len(examples)
        self._converters = compiler.get_converters([column for column, *_ in compiler.select])

    def rows(self, *values: str | int) -> list[tuple[Any, ...]]:
        """Return the rows for these values, as the queryset would. Raises ValueError when it takes more values, or fewer."""
        if len(values) != self._values:
            raise ValueError(f"The statement takes {self._values} values, not {len(values)}.")
        with connection.cursor() as cursor:
            cursor.execute(self._sql, values)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return [self._converted(row) for row in found] if self._converters else found

    def _converted(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        values = list(row)
        for position, (converters, column) in self._converters.items():
            for convert in converters:
                values[position] = convert(values[position], column, connection)
        return tuple(values)
