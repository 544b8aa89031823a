"""`updatestatus` as a form and as a document, well-formed and otherwise (SETI reference §2.9, §2.11, §3.4)."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stores.seti.errors import SetiError
from stores.seti.requests import SetiRequest, parse
from stores.seti.status_updates import Item, Package, StatusUpdate, parse_updates

WHOLE = """
<Orders>
  <Order>
    <OrderNumber>1042</OrderNumber><ReferenceNumber>20231</ReferenceNumber>
    <Status>Order Shipped</Status><ChangeDateTime>15-Mar-2025 4:05:00 PM</ChangeDateTime>
    <Packages>
      <Package><PackageID>1</PackageID><TrackNum>1Z999AA10123456784</TrackNum><PickupDate>15-Mar-2025</PickupDate>
        <Shipper>UPS</Shipper><Method>Ground</Method></Package>
    </Packages>
    <Items>
      <Item><ItemNumber>88101</ItemNumber><RefNumber>1</RefNumber><Status>Item Shipped</Status>
        <Ordered>2</Ordered><Shipped>2</Shipped><Needed>0</Needed>
        <Packages><Package><PackageID>1</PackageID><Quantity>2</Quantity></Package></Packages></Item>
    </Items>
  </Order>
</Orders>
"""


def read(**parameters: str) -> list[StatusUpdate]:
    return parse_updates(SetiRequest("updatestatus", parameters))


def document(inside: str, root: str = "Orders") -> str:
    return f"<{root}><Order><OrderNumber>7</OrderNumber><Status>Shipped</Status>{inside}</Order></{root}>"


def test_the_form_with_one_package_as_in_the_reference():
    body = (
        b"setifunction=updatestatus&ordernumber=1042&orderstatus=Order+Shipped&refnumber=20231&orderdetail=&trackcount=1"
        b"&tracknum=1Z999AA10123456784&trackcarrier=UPS&trackpickupdate=15-Mar-2025&omversion=7.500"
    )
    package = Package("1Z999AA10123456784", "UPS", picked_up="15-Mar-2025")
    assert parse_updates(parse(body)) == [
        StatusUpdate("1042", "Order Shipped", reference="20231", packages=(package,))
    ]


@pytest.mark.parametrize("count", ["0", "", "many"])
def test_the_form_without_packages(count):
    assert read(ordernumber="1042", orderstatus="Shipped", trackcount=count) == [
        StatusUpdate("1042", "Shipped")
    ]


def test_the_form_with_many_packages():
    numbered = {f"tracknum{n}": f"T{n}" for n in range(1, 13)} | {
        f"trackcarrier{n}": "FX" for n in range(1, 13)
    }
    (update,) = read(ordernumber="1", orderstatus="Shipped", trackcount="12", **numbered)
    assert [package.number for package in update.packages] == [f"T{n}" for n in range(1, 13)]


def test_the_document_of_the_reference():
    assert read(update=WHOLE) == [
        StatusUpdate(
            "1042",
            "Order Shipped",
            reference="20231",
            changed_at="15-Mar-2025 4:05:00 PM",
            packages=(Package("1Z999AA10123456784", "UPS", "Ground", "15-Mar-2025", "1"),),
            items=(Item(88101, "Item Shipped", 2, 2, 0, (("1", 2),), "88101"),),
        )
    ]


def test_the_other_name_of_the_tracking_number():
    packages = "<Packages><Package><TrackingID>T1</TrackingID><Shipper>FX</Shipper></Package></Packages>"
    assert read(update=document(packages))[0].packages == (Package("T1", "FX"),)


@pytest.mark.parametrize("root", ["Orders", "SETIOrders", "x"])
def test_any_root_and_several_orders(root):
    one = "<Order><OrderNumber>1</OrderNumber><Status>A</Status></Order>"
    two = "<Order><OrderNumber>2</OrderNumber><Status>B</Status></Order>"
    updates = read(update=f'<?xml version="1.0" encoding="ISO-8859-1"?><{root}>{one}{two}</{root}>')
    assert [(update.number, update.status) for update in updates] == [("1", "A"), ("2", "B")]


def test_an_order_alone_is_a_document_too():
    assert read(update="<Order><OrderNumber>1</OrderNumber><Status>A</Status></Order>")[0].number == "1"


def test_the_status_of_an_item_is_not_that_of_its_order():
    items = "<Items><Item><ItemNumber>5</ItemNumber><Status>Item Cancelled</Status></Item></Items>"
    inside = f"<Order><OrderNumber>7</OrderNumber>{items}<Status>Shipped</Status></Order>"
    (update,) = read(update=f"<Orders>{inside}</Orders>")
    assert (update.status, update.items[0].status) == ("Shipped", "Item Cancelled")


def test_a_package_of_an_item_is_no_package_of_the_order():
    inside = "<Packages><Package><PackageID>1</PackageID><Quantity>1</Quantity></Package></Packages>"
    items = f"<Items><Item><ItemNumber>5</ItemNumber>{inside}</Item></Items>"
    assert read(update=document(items))[0].packages == ()


def test_bare_ampersands_and_broken_comments_are_survived():
    broken = document("<Comments>5 < 6 & <b>never closed</Comments><Notes>Smith & Sons &amp; Co</Notes>")
    assert read(update=broken)[0].notes == "Smith & Sons & Co"


def test_control_characters_are_survived():
    assert read(update=document("<Notes>a\x0bb\x1f</Notes>"))[0].notes in ("ab", "a b")


@pytest.mark.parametrize(
    ("update", "words"),
    [
        ("1042~Shipped", "does not begin with <"),
        ("<Orders><Order>", "cannot be read"),
        ("<Orders></Orders>", "names no order"),
        ("<Orders><Order><Status>Shipped</Status></Order></Orders>", "no OrderNumber"),
        ('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Orders>&e;</Orders>', "DOCTYPE"),
        ('<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Orders>&b;</Orders>', "DOCTYPE"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(update, words):
    with pytest.raises(SetiError, match=words):
        read(update=update)


def test_a_form_without_an_order_number_is_refused():
    with pytest.raises(SetiError, match="ordernumber is missing"):
        read(orderstatus="Shipped")


def test_no_file_is_ever_read():
    with pytest.raises(SetiError):
        read(update=document('<Notes><!ENTITY e SYSTEM "file:///etc/hostname">&e;</Notes>'))


def test_more_packages_than_anybody_sends_are_refused():
    parcels = "<Package><TrackNum>T</TrackNum></Package>" * 501
    with pytest.raises(SetiError, match="more than 500"):
        read(update=document(f"<Packages>{parcels}</Packages>"))


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_and_nothing_else(text):
    for update in (text, document(f"<Notes>{text}</Notes>"), f"<{text}"):
        with contextlib.suppress(SetiError):
            assert read(ordernumber="1", orderstatus=text, tracknum=text, update=update)
