"""One search box for four questions: an order number, an e-mail address, a SKU, a name."""

from django.db.models import Q, QuerySet

from orders.models import Order

LONGEST_NUMBER = 18  # digits; Miva's numbers are 64 bit


def found(rows: QuerySet[Order], term: str) -> QuerySet[Order]:
    """Return the orders that the term means.

    Digits (also "#1234") are an order number, and only when there is no such order a SKU or a name. With an @ inside it is the
    beginning of an e-mail address. Anything else is a whole SKU, or a part of the customer's name.
    """
    term = term.strip()
    number = term.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER:
        by_number = rows.filter(miva_id=int(number))
        return by_number if by_number.exists() else by_words(rows, number)
    if "@" in term:
        return rows.filter(email__istartswith=term)
    return by_words(rows, term)


def by_words(rows: QuerySet[Order], term: str) -> QuerySet[Order]:
    """Return the orders with this SKU or product code, and those of customers with this in their name."""
    return rows.filter(Q(skus__contains=f" {term.lower()} ") | Q(customer__icontains=term))
