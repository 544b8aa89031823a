"""Orders in the search over everything."""

from django.urls import reverse
from django.utils.http import urlencode

from orders.admin.labels import state_label
from orders.admin.search import found
from orders.models import Order
from stores.admin.finding import Found, Kind, Term, some, store_name
from stores.admin.words import list_of, page_of


def orders(term: Term) -> list[Found]:
    """Return orders by number, e-mail, name or SKU, as the orders' own list finds them."""
    if term.number is None and not term.long_enough:
        return []
    rows = Order.objects.order_by("-pk").select_related("store__merchant").defer("raw", "skus")
    return [
        Found(str(row.miva_id), about(row), store_name(row), state_label(row), page_of(row))
        for row in some(found(rows, term.text))
    ]


def about(order: Order) -> str:
    """Return whose order it is, its total and when it was placed."""
    placed = f"{order.placed_at.astimezone(order.store.zone):%Y-%m-%d %H:%M %Z}"
    return " · ".join(filter(None, (order.customer, order.email, f"{order.total:,.2f}", placed)))


def address_of_missing(number: int, **more: int) -> str:
    """Return the address of the page about an order number that a store does not have here."""
    return f"{reverse('admin:orders_order_missing')}?{urlencode({'number': number} | more)}"


KINDS = (
    Kind(
        "Orders",
        "receipt_long",
        "orders.view_order",
        orders,
        lambda term: list_of("orders_order", q=term.text),
    ),
)
