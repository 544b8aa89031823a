"""Lines, options, variants and kits (Miva §7.3; SETI §3.1.3)."""

from decimal import Decimal

import pytest

from orders.translate import CannotTranslate, Rules, translate
from stores.seti.responses import OrderOption
from tests.orders.translate.orders_of_miva import item, option, order, part, without


def lines(raw, **rules):
    return translate(raw, Rules(**rules)).order.products


def line(one, **rules):
    (product,) = lines(order(items=[one]), **rules)
    return product


def test_a_line_has_code_name_quantity_price_weight_and_line_id():
    product = line(item(line_id=88101, quantity=2, taxable=False))
    assert (product.sku, product.name, product.quantity, product.item_price) == (
        "mug",
        "Mug",
        2,
        Decimal("14.00"),
    )
    assert (product.weight, product.taxable, product.line_id, product.total) == (
        Decimal("0.9"),
        False,
        88101,
        Decimal("28.00"),
    )


def test_the_store_decides_whether_the_sku_is_sent():
    assert line(item(), identifier="sku").sku == "MUG-11"


@pytest.mark.parametrize(("identifier", "blank", "sent"), [("sku", "sku", "mug"), ("code", "code", "MUG-11")])
def test_a_blank_identifier_falls_back_to_the_other_one_with_a_warning(identifier, blank, sent):
    result = translate(order(items=[item(**{blank: ""})]), Rules(identifier=identifier))
    assert result.order.products[0].sku == sent
    name = {"sku": "SKU", "code": "code"}[identifier]
    assert result.warnings == (
        f"Mug has no {name} in Miva; {sent} is sent instead. Enter its {name} in Miva, and a product of that "
        "name in Stone Edge.",
    )


def test_an_older_store_without_skus_is_served_by_code():
    assert line(without(item(), "sku"), identifier="sku").sku == "mug"


def test_a_line_with_neither_code_nor_sku_is_held():
    with pytest.raises(CannotTranslate, match="Order 10057: line 7: 'Mug' has neither a code nor a SKU"):
        translate(order(items=[item(line_id=7, code="", sku="")]), Rules())


@pytest.mark.parametrize("quantity", ["", None, "some"])
def test_a_part_without_a_quantity_does_not_matter_where_the_kit_is_one_line(quantity):
    [product] = lines(order(items=[item(parts=[part(quantity=quantity)])]))
    assert product.sku == "mug"


def test_a_part_without_a_quantity_is_named_where_parts_are_sent():
    kit = item(line_id=5, parts=[part(), part(code="brush", quantity="")])
    with pytest.raises(CannotTranslate, match="line 5: part brush: quantity is missing; a number is needed"):
        lines(order(items=[kit]), kits="parts")


def test_cancelled_lines_are_left_out():
    raw = order(items=[item(), item(status=300, code="wrap", price=5)])
    assert [product.sku for product in lines(raw)] == ["mug"]


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ([], "Order 10057: it has no lines."),
        ([item(status=300)], "Order 10057: all of its lines are cancelled."),
    ],
)
def test_an_order_without_lines_is_held(items, reason):
    with pytest.raises(CannotTranslate) as held:
        translate(order(items=items), Rules())
    assert held.value.reason == reason


def test_the_price_of_options_is_in_the_unit_price_and_their_weight_in_the_weight():
    product = line(
        item(options=[option(price=2, weight=Decimal("0.05")), option(price=Decimal("-0.50"))], quantity=3)
    )
    assert (product.item_price, product.weight, product.total) == (
        Decimal("15.50"),
        Decimal("0.95"),
        Decimal("46.50"),
    )


@pytest.mark.parametrize(
    ("members", "sent"),
    [
        ({}, OrderOption("Size", "Large", "L")),
        ({"opt_prompt": ""}, OrderOption("Size", "L", "L")),
        ({"opt_prompt": "", "opt_code": "", "data": "For Ana"}, OrderOption("Size", "For Ana")),
        ({"opt_prompt": "", "opt_code": "", "data_long": "To all"}, OrderOption("Size", "To all")),
        ({"opt_prompt": "", "opt_code": "", "value": "yes"}, OrderOption("Size", "yes")),
        ({"opt_prompt": "", "opt_code": "", "value": ""}, OrderOption("Size", "Yes")),
        ({"attr_prompt": ""}, OrderOption("size", "Large", "L")),
    ],
)
def test_an_option_is_named_by_its_prompts_and_otherwise_by_its_codes(members, sent):
    assert line(item(options=[option(**members)])).options == (sent,)


def test_an_option_of_an_older_store_is_read():
    old = {"attribute": "color", "value": "Red", "price": "1.50", "weight": ""}
    product = line(item(options=[old]))
    assert (product.options, product.item_price) == ((OrderOption("color", "Red"),), Decimal("15.50"))


def test_the_reason_for_a_cancellation_is_no_option():
    reason = option(attr_code="Cancellation Reason", data="changed mind")
    assert line(item(options=[reason])).options == ()


def test_long_text_of_the_shopper_is_kept_in_full_beside_the_cut_option():
    words = "x" * 300
    engraved = option(opt_prompt="", opt_code="", data_long=words)
    assert line(item(options=[engraved])).customer_text == f"Size: {words}"


@pytest.mark.parametrize(("identifier", "sent"), [("code", "shirt-l"), ("sku", "SKU-SHIRT-L")])
def test_a_variant_is_sent_under_the_name_of_its_stock_keeping_part(identifier, sent):
    shirt = item(code="shirt", sku="", parts=[part(code="shirt-l", sku="SKU-SHIRT-L")])
    product = line(shirt, identifier=identifier, kits="parts")
    assert (product.sku, product.name, product.item_price) == (sent, "Mug", Decimal("14.00"))


KIT = item(code="kit", quantity=2, parts=[part(code="soap", quantity=3), part(code="brush", name="Brush")])


def test_a_kit_is_one_line_when_stone_edge_knows_the_kit():
    assert [product.sku for product in lines(order(items=[KIT]), kits="parent")] == ["kit"]


def test_the_parts_of_a_kit_follow_at_no_price_and_multiplied():
    sent = lines(order(items=[KIT]), kits="parts")
    assert [(one.sku, one.quantity, one.total, one.weight) for one in sent] == [
        ("kit", 2, Decimal("28.00"), Decimal("0.9")),
        ("soap", 6, 0, 0),
        ("brush", 2, 0, 0),
    ]
    assert [one.line_id for one in sent[1:]] == [None, None]


def test_a_single_part_of_several_pieces_is_a_kit_and_no_variant():
    pack = item(code="two-pack", parts=[part(code="sock", quantity=2)])
    assert [one.sku for one in lines(order(items=[pack]), kits="parts")] == ["two-pack", "sock"]


@pytest.mark.parametrize(
    ("price", "quantity", "total", "sent"),
    [
        ("34.999", 2, "70.00", "35.00"),
        ("0.333", 3, "1.00", "0.3330"),
        ("0.001", 1, "0.01", "0.01"),
        ("10.00", 3, "29.99", "9.9967"),
        ("0.12345678", 10_000, "1234.57", "0.12345678"),
        ("0.00004", 10_000, "0.40", "0.00004000"),
    ],
)
def test_unit_price_times_quantity_is_the_total_of_miva_to_the_cent(price, quantity, total, sent):
    product = line(item(price=Decimal(price), quantity=quantity, total=Decimal(total)))
    assert (product.item_price, product.total) == (Decimal(sent), Decimal(total))
    assert round(product.item_price * product.quantity, 2) == product.total


def test_a_line_total_far_from_its_price_is_sent_with_a_warning():
    result = translate(order(items=[item(line_id=9, price=10, quantity=2, total=Decimal("15.00"))]), Rules())
    assert result.order.products[0].item_price == Decimal("7.50")
    assert result.warnings == (
        "Line 9 costs 15.00 in Miva, although 2 x 10.00 is 20.00. Miva's total is sent; if it is wrong, "
        "correct the line in Miva and pull the order again.",
    )


def test_a_line_without_a_total_is_worth_price_times_quantity():
    assert lines(order(items=[without(item(quantity=3), "total")], total=42))[0].total == Decimal("42.00")


def test_a_line_without_a_price_is_worth_its_total():
    assert line(without(item(quantity=2, total=Decimal(28)), "price")).item_price == Decimal("14.00")


def test_only_a_line_known_to_be_digital_is_a_download():
    assert [line(item(status=status)).prod_type for status in (0, 220, 221)] == ["", "Download", "Download"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, ""),
        (100, "Picking"),
        (200, "Shipped"),
        (221, "Downloaded"),
        (400, "Backordered"),
        (777, "Status 777"),
    ],
)
def test_a_line_says_how_far_miva_is_with_it(status, words):
    assert line(item(status=status)).status == words


@pytest.mark.parametrize("status", [200, 500, 600])
def test_a_line_that_has_left_the_house_is_a_warning(status):
    gone = item(line_id=9, name="Wrap", status=status)
    result = translate(order(items=[item(), gone]), Rules())
    words = {200: "Shipped", 500: "RMA Issued", 600: "Returned"}[status]
    assert result.warnings == (
        f"Miva has already shipped or taken back line 9 (Wrap: {words}). Stone Edge is sent that status; look there before "
        "the order is shipped, so that nothing goes twice.",
    )


def test_of_many_lines_that_have_left_the_house_some_are_named():
    [warning] = translate(
        order(items=[item(line_id=at, status=200) for at in range(1, 301)]), Rules()
    ).warnings
    assert "lines 1 (Mug: Shipped), 2 (Mug: Shipped)" in warning
    assert "5 (Mug: Shipped) and 295 more. " in warning


@pytest.mark.parametrize("quantity", [0, -1, "0"])
def test_a_quantity_that_is_not_above_zero_is_held(quantity):
    with pytest.raises(CannotTranslate, match=r"line 5: quantity is .*; it must be above zero"):
        translate(order(items=[item(line_id=5, quantity=quantity)]), Rules())


def test_a_price_that_is_no_number_is_held_with_line_field_and_value():
    odd = item(line_id=5, total=1) | {"price": "14,00"}
    with pytest.raises(CannotTranslate) as held:
        translate(order(items=[odd], total=1), Rules())
    assert held.value.reason == "Order 10057: line 5: price holds '14,00', which is not a number."
    assert "pull the order again" in held.value.remedy


def test_numbers_may_come_as_text():
    product = line(item(price="14.00", quantity="2", weight=" .9 ", taxable="1", line_id="7", status="0"))
    assert (product.quantity, product.weight, product.taxable, product.line_id) == (
        2,
        Decimal("0.9"),
        True,
        7,
    )


@pytest.mark.parametrize("blank", ["\x00", "<br>", "&nbsp;"])
def test_what_is_blank_once_it_is_cleaned_is_no_name(blank):
    product = line(item(code=blank, name=blank))
    assert (product.sku, product.name) == ("MUG-11", "MUG-11")


def test_the_parts_of_a_kit_are_where_the_kit_is():
    sent = lines(order(items=[KIT | {"status": 200}]), kits="parts")
    assert len(sent) > 2
    assert {one.status for one in sent} == {"Shipped"}


def test_a_line_without_a_number_that_has_left_the_house_is_named():
    gone = {name: value for name, value in item(name="Hat", status=200).items() if name != "line_id"}
    assert "taken back line (Hat: Shipped)" in " ".join(translate(order(items=[gone]), Rules()).warnings)
