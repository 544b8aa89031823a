"""How orders are searched: the index that makes words quick on PostgreSQL, and the conditions that it answers.

Only what every PostgreSQL has: an extension such as pg_trgm is not to be had everywhere. SQLite, which is for trying things
out, reads the table.
"""

import re
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connection, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F, Func, Q, QuerySet, Value
from django.db.models.functions import Upper

WORDS = SearchVector("customer", config="simple")  # every word as it is written, in lower case
CODES: Func = Func(
    F("skus"), Value(" "), function="string_to_array", output_field=ArrayField(models.TextField())
)
WORD = re.compile(r"\w+")


class WordsIndex(models.Index):
    """Words of the customer's name by their beginning, whole codes of the lines."""

    def create_sql(
        self,
        model: type[models.Model],
        schema_editor: BaseDatabaseSchemaEditor,
        using: str = "",
        **kwargs: Any,
    ) -> Any:
        """Return the statement: a GIN index on PostgreSQL, a plain one elsewhere."""
        if schema_editor.connection.vendor != "postgresql":
            return super().create_sql(model, schema_editor, using, **kwargs)
        return GinIndex(WORDS, CODES, name=self.name).create_sql(model, schema_editor, using, **kwargs)


class BeginningIndex(models.Index):
    """What begins with some letters, in any case, whatever the database's collation."""

    def create_sql(
        self,
        model: type[models.Model],
        schema_editor: BaseDatabaseSchemaEditor,
        using: str = "",
        **kwargs: Any,
    ) -> Any:
        """Return the statement: over the upper case with an operator class for patterns on PostgreSQL, a plain one elsewhere."""
        if schema_editor.connection.vendor != "postgresql":
            return super().create_sql(model, schema_editor, using, **kwargs)
        columns = (OpClass(Upper(name), "text_pattern_ops") for name in self.fields)
        return models.Index(*columns, name=self.name).create_sql(model, schema_editor, using, **kwargs)


def with_words(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Return the orders of customers with this name, and those of which a line has this code or SKU; in any case.

    Of a name each word counts by its beginning; a code or SKU is meant whole. A text without a letter or digit means none.
    """
    words = WORD.findall(text)
    if not words:
        return rows.none()
    key = text.strip().lower()
    exact = Q(skus__contains=f" {key} ")  # a code may have blanks in it: its words alone are not enough
    if connection.vendor != "postgresql":
        return rows.filter(exact | Q(*(Q(customer__icontains=word) for word in words)))
    query = SearchQuery(" & ".join(f"'{word}':*" for word in words), config="simple", search_type="raw")
    found: QuerySet[Any] = rows.alias(words=WORDS, codes=CODES)
    return found.filter(Q(words=query) | Q(exact, codes__contains=key.split()))
