"""Any order that the wire can carry, with any text in it."""

from datetime import UTC
from decimal import Decimal

from hypothesis import strategies as st

from stores.seti import responses as seti

# Every code point, halves of surrogate pairs and control characters too.
any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)
nasty_text = st.one_of(
    any_text,
    st.sampled_from(
        [
            "<b>bold</b>",
            "&reg;",
            "&amp;lt;x&amp;gt;",
            "a\r\nb",
            "]]>",
            "<!-- x -->",
            "\ud800",
            "&#0;",
            "5 < 6 & 7",
        ]
    ),
)
money = st.decimals(Decimal("-99999.99"), Decimal("99999.99"), places=2)
number = st.decimals(Decimal(0), Decimal(9999), places=4)
maybe_money = st.none() | money
maybe_flag = st.none() | st.booleans()

address = st.builds(seti.Address, *[nasty_text] * 6)
party = st.builds(seti.Party, nasty_text, nasty_text, nasty_text, nasty_text, address)
option = st.builds(seti.OrderOption, nasty_text, nasty_text, nasty_text)
product = st.builds(
    seti.Product,
    sku=nasty_text,
    name=nasty_text,
    quantity=number,
    item_price=money,
    weight=st.none() | number,
    prod_type=st.sampled_from(["", "Tangible", "Download"]),
    taxable=maybe_flag,
    customer_text=nasty_text,
    line_id=st.none() | st.integers(0, 2**31),
    status=nasty_text,
    total=maybe_money,
    dimensions=st.none() | st.builds(seti.Dimensions, number, number, number),
    options=st.lists(option, max_size=2).map(tuple),
)
payment = st.one_of(
    st.builds(seti.CreditCard, *[nasty_text] * 7, st.sampled_from(["", "Captured"]), maybe_money, nasty_text),
    st.builds(seti.PayPal, nasty_text, maybe_money, nasty_text, nasty_text, nasty_text),
    st.builds(seti.StoreCredit, money, nasty_text),
    st.builds(seti.Check, nasty_text),
    st.builds(seti.COD),
    st.builds(seti.PurchaseOrder, nasty_text),
    st.builds(seti.GiftCard, nasty_text, maybe_money),
    st.builds(seti.Generic1, nasty_text, nasty_text, nasty_text),
)
pre_post = st.sampled_from(["", "Pre", "Post"])
totals = st.builds(
    seti.Totals,
    product_total=money,
    grand_total=money,
    discounts=st.lists(st.builds(seti.Discount, money, nasty_text, pre_post), max_size=2).map(tuple),
    sub_total=maybe_money,
    tax=st.none() | st.builds(seti.Tax, money, st.none() | number, maybe_flag, maybe_flag, nasty_text),
    surcharges=st.lists(st.builds(seti.Surcharge, money, nasty_text), max_size=2).map(tuple),
    shipping=st.none() | st.builds(seti.ShippingTotal, money, nasty_text),
)
other = st.builds(
    seti.Other,
    nasty_text,
    nasty_text,
    nasty_text,
    nasty_text,
    nasty_text,
    st.none() | number,
    st.none() | st.integers(1),
)
orders = st.builds(
    seti.Order,
    number=nasty_text,
    order_date=st.datetimes(timezones=st.just(UTC)),
    billing=party,
    shipping=party,
    products=st.lists(product, max_size=3).map(tuple),
    totals=totals,
    status=nasty_text,
    payments=st.lists(payment, max_size=3).map(tuple),
    coupons=st.lists(st.builds(seti.Coupon, nasty_text, money, nasty_text, pre_post), max_size=2).map(tuple),
    other=other,
    custom_fields=st.lists(st.builds(seti.CustomField, nasty_text, nasty_text), max_size=2).map(tuple),
)
