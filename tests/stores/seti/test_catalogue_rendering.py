"""Products and customers as XML: whatever a shop writes, the desktop's rules hold and nothing else is told."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from stores.sandbox.desktop_replies import check_rules
from stores.seti.catalogue import (
    CatalogueProduct,
    CustomerAddress,
    OptionValue,
    ProductOption,
    Quantity,
    WebCustomer,
)
from stores.seti.catalogue_rendering import render_customer, render_product, render_quantity
from stores.seti.records import CustomField
from stores.seti.responses import render_records

texts = st.text(max_size=400)
amounts = st.decimals(-(10**8), 10**8, places=8)
fields = st.builds(CustomField, texts, texts)
options = st.builds(
    ProductOption,
    web_id=st.integers(0, 10**9),
    name=texts,
    prompt=texts,
    kind=st.sampled_from(["", "select", "radio", "checkbox", "text", "memo"]),
    price=st.none() | amounts,
    sort_order=st.integers(0, 999),
    values=st.lists(
        st.builds(OptionValue, texts, texts, st.none() | amounts, st.none() | amounts), max_size=2
    ).map(tuple),
)
products = st.builds(
    CatalogueProduct,
    code=texts,
    web_id=st.integers(1, 10**12),
    name=texts,
    price=amounts,
    cost=st.none() | amounts,
    description=texts,
    weight=st.none() | amounts,
    taxable=st.none() | st.booleans(),
    discontinued=st.none() | st.booleans(),
    quantity=st.none() | st.integers(-(10**9), 10**9),
    options=st.lists(options, max_size=2).map(tuple),
    custom_fields=st.lists(fields, max_size=2).map(tuple),
)
addresses = st.builds(CustomerAddress, *[texts] * 12)
customers = st.builds(
    WebCustomer, st.integers(1, 10**12), texts, addresses, addresses, st.lists(fields, max_size=2).map(tuple)
)


def tree(root, record):
    """The reply with this record, held to the rules, as a tree of the record."""
    reply = render_records(root, [record]).decode()
    check_rules(reply)
    return etree.fromstring(reply.encode())[1]


@given(products)
def test_any_product_keeps_to_the_rules_and_to_its_lengths(product):
    read = tree("SETIProducts", render_product(product))
    assert read.findtext("WebID") == str(product.web_id)
    assert Decimal(read.findtext("Price")) == product.price
    assert len(read.findtext("Name")) <= 200
    assert len(read.findall("OptionLists/ProductOption")) == len(product.options)
    assert len(read.findall("CustomFields/CustomField")) == len(product.custom_fields)
    assert (read.find("QOH") is None) == (product.quantity is None)


@given(customers)
def test_any_customer_keeps_to_the_rules_and_has_an_address_to_bill(customer):
    read = tree("SETICustomers", render_customer(customer))
    assert read.findtext("WebID") == str(customer.web_id)
    assert read.find("BillAddr") is not None
    assert read.find(".//Password") is None
    assert all(
        len(each.text or "") <= 50 for each in read.iter("FirstName", "LastName", "Company", "Phone", "Fax")
    )


def test_what_is_not_known_is_not_sent():
    bare = CatalogueProduct("MUG", 7, "Mug", Decimal(5))
    assert render_product(bare) == (
        "<Product><Code>MUG</Code><WebID>7</WebID><Name>Mug</Name><Price>5.00</Price></Product>"
    )
    assert render_customer(WebCustomer(7)) == "<Customer><WebID>7</WebID><BillAddr> </BillAddr></Customer>"
    assert render_quantity(Quantity("A&B", 7, -2)) == (
        "<Product><Code>A&amp;B</Code><WebID>7</WebID><QOH>-2</QOH></Product>"
    )


def test_an_element_that_is_blank_after_cleaning_is_left_out():
    product = CatalogueProduct("MUG", 7, "Mug", Decimal(5), description="<p>&nbsp;</p>")
    assert "Description" not in render_product(product)
