"""One search box for four questions: an order number, an e-mail address, a SKU, a name."""

from typing import Any

from django.db.models import F, QuerySet

from orders.models.searching import with_words
from stores.admin.finding import Term


def found(rows: QuerySet[Any], typed: str) -> QuerySet[Any]:
    """Return the orders that the words in the box mean, the latest first.

    Digits (also "#1234") are an order number, and only when there is no such order a SKU or a name. With an @ inside it is the
    beginning of an e-mail address. Anything else is a whole SKU, or the beginnings of words of the customer's name.
    """
    term = Term.of(typed)
    if term.number is not None:
        by_number = rows.filter(miva_id=term.number)
        return by_number if by_number.exists() else gathered(with_words(rows, term.text.removeprefix("#")))
    if term.is_email:
        return gathered(rows.filter(email__istartswith=term.text))
    return gathered(with_words(rows, term.text))


def gathered(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return the rows, the latest first, so that PostgreSQL looks for them and then sorts.

    In the order of the key itself it may walk the whole table backwards instead, in the hope to meet some of them soon; where
    there are none, that is the slowest query of the console.
    """
    return rows.order_by((F("pk") + 0).desc())
