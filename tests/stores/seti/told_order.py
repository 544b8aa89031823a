"""What a parser must read out of a rendered order, built after the specification (SETI §3.1)."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from stores.seti import responses as seti
from stores.seti.values import clean, money, number, plain, price

Block = list[tuple[str, Any]]


def shown(value: object, longest: int | None = 255) -> str:
    return plain(str(value))[:longest].strip()


def free(value: str, longest: int | None = None) -> str:
    return clean(value)[:longest].strip()


def present(*members: tuple[str, Any]) -> Block:
    """The members without those that are empty."""
    return [(name, content) for name, content in members if content not in ("", None, [])]


def yes_no(value: bool | None) -> str:
    return "" if value is None else "Yes" if value else "No"


def amount(value: Decimal | None) -> str:
    return "" if value is None else money(value)


def order_block(order: seti.Order) -> Block:
    return [
        ("OrderNumber", shown(order.number, 50)),
        ("OrderDate", date_text(order.order_date)),
        *present(("OrderStatus", shown(order.status, 50))),
        ("Billing", party_block(order.billing)),
        (
            "Shipping",
            [*party_block(order.shipping), *[("Product", product_block(line)) for line in order.products]],
        ),
        *[("Payment", [(type(paid).__name__, payment_block(paid) or " ")]) for paid in order.payments],
        ("Totals", totals_block(order.totals)),
        *[("Coupon", coupon_block(coupon)) for coupon in order.coupons],
        *present(("Other", other_block(order.other))),
        *present(("CustomFields", [("CustomField", field_block(field)) for field in order.custom_fields])),
    ]


def date_text(moment: datetime) -> str:
    text = f"{moment:%d-%b-}{moment.year:04d} {moment:%I:%M:%S %p}"
    return text[:12] + text[12:].removeprefix("0")


def party_block(party: seti.Party) -> Block:
    address = party.address
    return [
        ("FullName", shown(party.full_name)),
        *present(
            ("Company", shown(party.company)), ("Phone", shown(party.phone)), ("Email", shown(party.email))
        ),
        (
            "Address",
            [
                ("Street1", shown(address.street1)),
                *present(("Street2", shown(address.street2))),
                ("City", shown(address.city)),
                ("State", shown(address.state)),
                ("Code", shown(address.code)),
                *present(("Country", shown(address.country))),
            ],
        ),
    ]


def product_block(line: seti.Product) -> Block:
    return [
        ("SKU", shown(line.sku)),
        ("Name", shown(line.name)),
        ("Quantity", number(line.quantity)),
        ("ItemPrice", price(line.item_price)),
        *present(
            ("Weight", "" if line.weight is None else number(line.weight)),
            ("ProdType", line.prod_type),
            ("Taxable", yes_no(line.taxable)),
            ("CustomerText", free(line.customer_text)),
            ("LineID", "" if line.line_id is None else str(line.line_id)),
            ("Status", shown(line.status, 50)),
            ("Total", amount(line.total)),
            ("Dimensions", dimensions_block(line.dimensions) if line.dimensions else ""),
        ),
        *[("OrderOption", option_block(option)) for option in line.options],
    ]


def dimensions_block(sizes: seti.Dimensions) -> Block:
    return [
        ("Length", number(sizes.length)),
        ("Width", number(sizes.width)),
        ("Height", number(sizes.height)),
    ]


def option_block(option: seti.OrderOption) -> Block:
    return [
        ("OptionName", shown(option.name, 50)),
        ("SelectedOption", free(option.selected, 250)),
        *present(("OptionCode", shown(option.code))),
    ]


def payment_block(paid: seti.Payment) -> Block:
    match paid:
        case seti.CreditCard():
            return [
                ("Issuer", shown(paid.issuer)),
                *present(
                    ("Number", shown(paid.number, 4)),
                    ("ExpirationDate", shown(paid.expiration_date, 7)),
                    ("VerificationValue", shown(paid.verification_value, 50)),
                    ("FullName", shown(paid.full_name)),
                    ("AVS", shown(paid.avs)),
                    ("TransID", shown(paid.trans_id, 100)),
                    ("AuthCode", shown(paid.auth_code, 100)),
                    ("ProcessLevel", paid.process_level),
                    ("Amount", amount(paid.amount)),
                ),
            ]
        case seti.PayPal():
            payer = present(("ID", shown(paid.payer_id)), ("Email", shown(paid.payer_email)))
            transaction = present(
                ("TransID", shown(paid.trans_id, 50)),
                ("Status", shown(paid.status)),
                ("Amount", amount(paid.amount)),
            )
            return present(("Payer", payer), ("Transaction", transaction))
        case seti.StoreCredit():
            return present(("Total", amount(paid.total)), ("Description", shown(paid.description)))
        case seti.Check():
            return present(("CheckNumber", shown(paid.check_number, 50)))
        case seti.PurchaseOrder():
            return present(("PurchaseNumber", shown(paid.purchase_number, 50)))
        case seti.GiftCard():
            return present(("Number", shown(paid.number, 20)), ("FaceValue", amount(paid.face_value)))
        case seti.Generic1():
            return [
                ("Name", shown(paid.name)),
                *present(("Description", shown(paid.description)), ("Field1", shown(paid.field1))),
            ]
    return []


def totals_block(totals: seti.Totals) -> Block:
    tax, shipping = totals.tax, totals.shipping
    return [
        ("ProductTotal", amount(totals.product_total)),
        *[("Discount", discount_block(discount)) for discount in totals.discounts],
        *present(("SubTotal", amount(totals.sub_total)), ("Tax", tax_block(tax) if tax else "")),
        ("GrandTotal", amount(totals.grand_total)),
        *[("Surcharge", sum_block(fee.total, fee.description)) for fee in totals.surcharges],
        *present(("ShippingTotal", sum_block(shipping.total, shipping.description) if shipping else "")),
    ]


def discount_block(discount: seti.Discount) -> Block:
    return present(
        ("Type", "Flat"),
        ("Description", shown(discount.description)),
        ("Amount", amount(discount.amount)),
        ("ApplyDiscount", discount.apply_discount),
    )


def tax_block(tax: seti.Tax) -> Block:
    return present(
        ("TaxAmount", amount(tax.amount)),
        ("TaxRate", "" if tax.rate is None else number(tax.rate)),
        ("TaxShipping", yes_no(tax.shipping)),
        ("TaxExempt", yes_no(tax.exempt)),
        ("TaxID", shown(tax.tax_id)),
    )


def sum_block(total: Decimal, description: str) -> Block:
    return present(("Total", amount(total)), ("Description", shown(description)))


def coupon_block(coupon: seti.Coupon) -> Block:
    return [
        ("Name", shown(coupon.name)),
        *present(
            ("Status", shown(coupon.status)),
            ("Total", amount(coupon.total)),
            ("ApplyCoupon", coupon.apply_coupon),
        ),
    ]


def other_block(other: seti.Other) -> Block:
    weight, customer = other.total_order_weight, other.web_customer_id
    return present(
        ("Associate", shown(other.associate, 50)),
        ("OrderInstructions", free(other.order_instructions)),
        ("Comments", free(other.comments)),
        ("GiftMessage", free(other.gift_message)),
        ("IPHostName", shown(other.ip_host_name)),
        ("TotalOrderWeight", "" if weight is None else number(weight)),
        ("WebCustomerID", "" if customer is None else str(customer)),
    )


def field_block(field: seti.CustomField) -> Block:
    return [("FieldName", shown(field.name)), ("FieldValue", free(field.value))]
