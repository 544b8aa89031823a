"""One search box for four questions: an order number, an e-mail address, a SKU, a name."""

from typing import Any

from django.db.models import F, QuerySet

from orders.models import Order
from orders.models.searching import with_words
from stores.admin.finding import Term

RECENT = 20_000  # orders that are looked at for how many are meant
DENSE = 51  # a page and one more


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
    """Return the rows, the latest first.

    Where many of the latest orders are meant, PostgreSQL does best to walk the table backwards and to stop soon. Where few are, it
    must look for them and then sort: a walk would read the whole table for two words that are frequent alone and rare together.
    From what it knows of each word it cannot tell; a look at the latest orders does.
    """
    newest = Order.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    recent = rows.filter(pk__gt=newest - RECENT).order_by("-pk").values_list("pk", flat=True)
    if len(recent[:DENSE]) == DENSE:
        return rows.order_by("-pk")
    return rows.order_by((F("pk") + 0).desc())
