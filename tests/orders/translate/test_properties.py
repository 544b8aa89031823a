"""Any order: it adds up to the cent, or it is held; nothing else ever happens."""

import copy
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from orders.translate import CannotTranslate, Rules, translate
from stores.seti.responses import render_order, render_orders
from tests.orders.translate.orders_of_miva import charge, item, note, option, order, part, payment
from tests.orders.translate.test_golden import ASKS
from tests.stores.seti.reading import breaches, parsed

cents = st.decimals(Decimal("-50.00"), Decimal("500.00"), places=2)
price = st.decimals(Decimal(0), Decimal(500), places=8)
words = st.text(max_size=20)
options = st.builds(
    option, price=st.decimals(-2, 9, places=4), opt_prompt=words, data=words, attr_prompt=words
)
lines = st.builds(
    item,
    price=price,
    quantity=st.integers(1, 2000),
    status=st.sampled_from([0, 100, 200, 220, 300, 400]),
    options=st.lists(options, max_size=2),
    parts=st.lists(st.builds(part, quantity=st.integers(1, 4)), max_size=3),
    name=words,
)
kinds = st.sampled_from(["SHIPPING", "TAX", "DISCOUNT", "HANDLING", "PAYMENT", "thirdparty"])
charges = st.builds(charge, kinds, cents, st.sampled_from(["Welcome", "Other"]))
coupons = st.fixed_dictionaries({"code": st.just("C"), "descrip": st.just("Welcome"), "total": cents})
records = st.builds(
    payment, st.sampled_from(["mod10", "check", "paypal", "zebra"]), cents, st.integers(0, 8), refnum=words
)
built = st.builds(
    order,
    items=st.lists(lines, min_size=1, max_size=4).map(lambda found: [*found, item()]),
    charges=st.lists(charges, max_size=5),
    coupons=st.lists(coupons, max_size=2),
    payments=st.lists(records, max_size=4),
    notes=st.lists(st.builds(note, words), max_size=2),
    ship_method=words,
)
rules = st.builds(
    Rules, identifier=st.sampled_from(["code", "sku"]), kits=st.sampled_from(["parent", "parts"])
)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(max_size=12)
odd_numbers = st.sampled_from(
    [10**400, -(10**4000), "9" * 5000, "1e9", Decimal("1E-1000000"), Decimal("sNaN"), "NaN"]
)
json_shaped = st.recursive(
    scalars | odd_numbers,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def damaged_orders(draw):
    """An order with one to four members, at any depth, replaced by anything or taken out."""
    raw = copy.deepcopy(draw(built))
    for _ in range(draw(st.integers(1, 4))):
        damage(draw, raw)
    return raw


def damage(draw, node):
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = draw(st.sampled_from(keys))
        below = node[key]
        if isinstance(below, dict | list) and below and draw(st.booleans()):
            node = below
            continue
        if isinstance(node, dict) and draw(st.integers(0, 3)) == 0:
            del node[key]
        else:
            node[key] = draw(json_shaped)
        return


def parts_of(element, path):
    return sum((Decimal(found.text) for found in element.iterfind(path)), Decimal(0))


@settings(deadline=None, max_examples=150)
@given(built, rules)
def test_every_well_formed_order_adds_up_to_the_total_of_miva_on_the_wire(raw, rules):
    sent = parsed(render_orders([translate(raw, rules).order])).find("Order")
    total = (
        parts_of(sent, "Shipping/Product/Total")
        - parts_of(sent, "Totals/Discount/Amount")
        - parts_of(sent, "Coupon/Total")
        + parts_of(sent, "Totals/Tax/TaxAmount")
        + parts_of(sent, "Totals/ShippingTotal/Total")
        + parts_of(sent, "Totals/Surcharge/Total")
    )
    assert total == parts_of(sent, "Totals/GrandTotal") == raw["total"]
    assert parts_of(sent, "Totals/ProductTotal") == parts_of(sent, "Shipping/Product/Total")


@settings(deadline=None, max_examples=100)
@given(built, rules)
def test_quantity_times_unit_price_is_every_lines_total(raw, rules):
    for product in translate(raw, rules).order.products:
        assert abs(product.quantity * product.item_price - product.total) <= Decimal("0.005")


@settings(deadline=None, max_examples=100)
@given(built, rules)
def test_the_same_order_gives_the_same_bytes_and_stays_untouched(raw, rules):
    before = copy.deepcopy(raw)
    first = render_order(translate(raw, rules).order)
    assert render_order(translate(copy.deepcopy(raw), rules).order) == first
    assert raw == before


@settings(deadline=None, max_examples=60)
@given(built, rules)
def test_every_warning_says_what_to_do(raw, rules):
    assert [warning for warning in translate(raw, rules).warnings if not ASKS.search(warning)] == []


@settings(deadline=None, max_examples=400)
@given(damaged_orders(), rules)
def test_a_damaged_order_is_sent_well_formed_or_held_with_a_sentence(raw, rules):
    try:
        result = translate(raw, rules)
    except CannotTranslate as held:
        held_for = held.reason
    else:
        reply = render_orders([result.order])
        parsed(reply)
        assert breaches(reply) == []
        assert len(reply) < 200_000
        return
    assert held_for.isprintable()
    assert len(held_for) < 1000


@settings(deadline=None, max_examples=200)
@given(json_shaped)
def test_anything_else_is_held(raw):
    try:
        translate(raw, Rules())
    except CannotTranslate:
        return
    raise AssertionError("no order was in it")
