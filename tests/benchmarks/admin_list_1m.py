"""admin_list_1m: how long the list of orders takes among a million (95th percentile): first page, filters, deep pages.

The limit is what is allowed.
"""

from orders.models import Order
from tests.benchmarks.admin_pages import measured
from tests.benchmarks.million import load

ROUNDS = 6


def measure() -> None:
    """Ask for every page some times."""
    load()
    deep = Order.objects.order_by("pk").values_list("pk", flat=True)[100_000]
    store = Order.objects.filter(pk=deep).values_list("store", flat=True).get()
    questions = {
        "first page": "",
        "held": "state__exact=held",
        "ignored": "state__exact=ignored",
        "ready": "state__exact=exportable",
        "one store": f"store={store}",
        "one store, held": f"store={store}&state__exact=held",
        "one store, last day": f"store={store}&age=1",
        "last day": "age=1",
        "with warnings": "warnings=yes",
        "without warnings": "warnings=no",
        "deep page": f"p=before-{deep}",
        "deep page, back": f"p=after-{deep}",
        "deep page of a store": f"p=before-{deep}&store={store}",
        "deep page of held": f"p=before-{deep}&state__exact=held",
        "found by name": "q=jordan",
        "found by name, deep page": f"q=jordan&p=before-{deep}",
        "found by two names": "q=karen+li",
        "found by SKU in a store": f"q=sku-1&store={store}",
    }
    measured(
        "admin_list_1m",
        {title: f"/admin/orders/order/?{query}" for title, query in questions.items()},
        ROUNDS,
    )
