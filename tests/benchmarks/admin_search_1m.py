"""admin_search_1m: how long the page of the search over everything takes among a million orders (95th percentile).

A mix of what support types, also what is not there and what very many orders have. The limit is what is allowed.
"""

from urllib.parse import quote

from orders.models import Order
from tests.benchmarks.admin_pages import measured
from tests.benchmarks.million import load

ROUNDS = 6


def measure() -> None:
    """Ask every question some times."""
    load()
    order = Order.objects.order_by("pk").defer("raw")[700_123]
    last_name = order.customer.split()[1]
    questions = {
        "number in 500 stores": str(order.miva_id),
        "number that is nowhere": "99999999",
        "e-mail": order.email,
        "beginning of an e-mail": order.email.split("@")[0] + "@",
        "e-mail that is nowhere": "nobody.at.all@nowhere.example",
        "name": order.customer,
        "last name": last_name,
        "first name of 50,000 orders": "jordan",
        "two letters": "ka",
        "two names, frequent alone and rare together": "karen li",
        "name that is nowhere": "zwölfender",
        "SKU of few orders": "sku-19999",
        "SKU of many orders": "sku-1",
        "SKU that is nowhere": "sku-999999",
        "tracking number": "1Z" + "A1B2",
        "merchant": "Merchant 17",
        "store": "Shop 117",
        "store address": "shop55.example.com",
        "Stone Edge user": "desk-",
        "signs": "% _ --",
    }
    measured(
        "admin_search_1m",
        {title: f"/admin/search/?q={quote(text)}" for title, text in questions.items()},
        ROUNDS,
    )
