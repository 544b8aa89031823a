"""translate_order: from stored raw orders to what Stone Edge is sent, one core, the sandbox's mix.

The limit is reading the same orders from their JSON with msgspec, the reader that the portal itself uses.
"""

import time
from zoneinfo import ZoneInfo

import msgspec

from orders.translate import Rules, translate
from stores.miva import shapes
from stores.miva.redact import redact_order
from stores.sandbox.generator import generate_orders
from tests.benchmarks.render_orders import best
from tests.benchmarks.report import report

ORDERS = 2_000


def measure() -> None:
    """Translate all orders, best of some rounds, and read the same orders from their bytes."""
    stored = [shapes.encode(order) for order in generate_orders(5, ORDERS, int(time.time()))]
    raws = [redact_order(shapes.decode(each)) for each in stored]
    rules = Rules(identifier="code", kits="parts", time_zone=ZoneInfo("America/New_York"))

    def translate_all() -> None:
        for raw in raws:
            translate(raw, rules)

    def read_all() -> None:
        for each in stored:
            msgspec.json.decode(each)

    report("translate_order", ORDERS / best(translate_all), "orders/s", ORDERS / best(read_all))
