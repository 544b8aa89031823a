"""One order as XML, by plain strings (SETI reference §1.4, §3.1).

The desktop seems to look for literal tags, so the text is compact: no line breaks, no attributes, no
self-closing tags, empty optional elements left out, one space in marker elements. ``tests`` hold the result
to a conforming parser.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from stores.seti.records import (
    COD,
    LONGEST_GIFT_CARD,
    LONGEST_NUMBER,
    LONGEST_OPTION_NAME,
    LONGEST_SELECTED,
    LONGEST_TEXT,
    LONGEST_TRANSACTION,
    Check,
    Coupon,
    CreditCard,
    Dimensions,
    Discount,
    Generic1,
    GiftCard,
    Order,
    Other,
    Party,
    Payment,
    PayPal,
    Product,
    PurchaseOrder,
    StoreCredit,
    Tax,
    Totals,
)
from stores.seti.values import clean, date_text, escape, money, number, plain, price


def _display(text: str, longest: int = LONGEST_TEXT) -> str:
    """Cleaned of HTML, cut to the receiver's length (§3.1, "len"), then escaped."""
    if text.isprintable() and "&" not in text and "<" not in text and ">" not in text:
        return text[:longest].strip()
    return escape(plain(text)[:longest].strip())


def _free(text: str, longest: int | None = None, line_break: str = " ") -> str:
    """As :func:`_display`, but tags stay: in a comment or an engraving people write what they like."""
    if text.isprintable() and "&" not in text and "<" not in text and ">" not in text:
        return text[:longest].strip()
    return escape(clean(text, line_break)[:longest].strip())


def _optional(tag: str, text: str) -> str:
    return f"<{tag}>{text}</{tag}>" if text else ""


def _yes_no(tag: str, value: bool | None) -> str:
    if value is None:
        return ""
    return f"<{tag}>Yes</{tag}>" if value else f"<{tag}>No</{tag}>"


def _money(tag: str, amount: Decimal | None) -> str:
    return "" if amount is None else f"<{tag}>{money(amount)}</{tag}>"


def render_order(order: Order) -> str:
    """One ``<Order>…</Order>`` without line breaks; children in the order of the specification."""
    parts = [
        f"<Order><OrderNumber>{_display(order.number, 50)}</OrderNumber>"
        f"<OrderDate>{date_text(order.order_date)}</OrderDate>",
        _optional("OrderStatus", _display(order.status, 50)),
        f"<Billing>{_party(order.billing)}</Billing><Shipping>{_party(order.shipping)}",
    ]
    line_break = order.line_break
    parts += [_product(product, line_break) for product in order.products]
    parts.append("</Shipping>")
    parts += [render_payment(payment) for payment in order.payments]
    parts.append(_totals(order.totals))
    parts += [_coupon(coupon) for coupon in order.coupons]
    parts.append(_other(order.other, line_break))
    if order.custom_fields:
        fields = "".join(
            [_custom_field(field.name, field.value, line_break) for field in order.custom_fields]
        )
        parts.append(f"<CustomFields>{fields}</CustomFields>")
    parts.append("</Order>")
    return "".join(parts)


def render_payment(payment: Payment) -> str:
    """One ``<Payment>…</Payment>`` (§3.1.4)."""
    return f"<Payment>{_PAYMENTS[type(payment)](payment)}</Payment>"


def _party(party: Party) -> str:
    address = party.address
    return (
        f"<FullName>{_display(party.full_name)}</FullName>"
        f"{_optional('Company', _display(party.company)) if party.company else ''}"
        f"{_optional('Phone', _display(party.phone)) if party.phone else ''}"
        f"{_optional('Email', _display(party.email)) if party.email else ''}"
        f"<Address><Street1>{_display(address.street1)}</Street1>"
        f"{_optional('Street2', _display(address.street2)) if address.street2 else ''}"
        f"<City>{_display(address.city)}</City><State>{_display(address.state)}</State>"
        f"<Code>{_display(address.code)}</Code>"
        f"{_optional('Country', _display(address.country)) if address.country else ''}</Address>"
    )


def _product(product: Product, line_break: str) -> str:
    options = product.options
    return (
        f"<Product><SKU>{_display(product.sku)}</SKU><Name>{_display(product.name)}</Name>"
        f"<Quantity>{number(product.quantity)}</Quantity><ItemPrice>{price(product.item_price)}</ItemPrice>"
        f"{'' if product.weight is None else f'<Weight>{number(product.weight)}</Weight>'}"
        f"{_optional('ProdType', product.prod_type)}"
        f"{_yes_no('Taxable', product.taxable)}"
        f"{_optional('CustomerText', _free(product.customer_text, None, line_break)) if product.customer_text else ''}"
        f"{'' if product.line_id is None else f'<LineID>{product.line_id}</LineID>'}"
        f"{_optional('Status', _display(product.status, 50)) if product.status else ''}"
        f"{_money('Total', product.total)}"
        f"{'' if product.dimensions is None else _dimensions(product.dimensions)}"
        f"{''.join([_option(o.name, o.selected, o.code) for o in options]) if options else ''}</Product>"
    )


def _dimensions(sizes: Dimensions) -> str:
    return (
        f"<Dimensions><Length>{number(sizes.length)}</Length><Width>{number(sizes.width)}</Width>"
        f"<Height>{number(sizes.height)}</Height></Dimensions>"
    )


def _option(name: str, selected: str, code: str) -> str:
    return (
        f"<OrderOption><OptionName>{_display(name, LONGEST_OPTION_NAME)}</OptionName>"
        f"<SelectedOption>{_free(selected, LONGEST_SELECTED)}</SelectedOption>"
        f"{_optional('OptionCode', _display(code)) if code else ''}</OrderOption>"
    )


def _credit_card(card: CreditCard) -> str:
    return (
        f"<CreditCard><Issuer>{_display(card.issuer)}</Issuer>"
        f"{_optional('Number', _display(card.number, 4)) if card.number else ''}"
        f"{_optional('ExpirationDate', _display(card.expiration_date, 7))}"
        f"{_optional('VerificationValue', _display(card.verification_value, LONGEST_NUMBER)) if card.verification_value else ''}"
        f"{_optional('FullName', _display(card.full_name)) if card.full_name else ''}"
        f"{_optional('AVS', _display(card.avs)) if card.avs else ''}"
        f"{_optional('TransID', _display(card.trans_id, LONGEST_TRANSACTION))}"
        f"{_optional('AuthCode', _display(card.auth_code, LONGEST_TRANSACTION)) if card.auth_code else ''}"
        f"{_optional('ProcessLevel', card.process_level)}"
        f"{_money('Amount', card.amount)}</CreditCard>"
    )


def _paypal(paypal: PayPal) -> str:
    payer = f"{_optional('ID', _display(paypal.payer_id))}{_optional('Email', _display(paypal.payer_email))}"
    transaction = (
        f"{_optional('TransID', _display(paypal.trans_id, LONGEST_NUMBER))}"
        f"{_optional('Status', _display(paypal.status))}"
        f"{_money('Amount', paypal.amount)}"
    )
    return f"<PayPal>{_optional('Payer', payer)}{_optional('Transaction', transaction) or ' '}</PayPal>"


def _store_credit(credit: StoreCredit) -> str:
    description = _optional("Description", _display(credit.description))
    return f"<StoreCredit>{_money('Total', credit.total)}{description}</StoreCredit>"


def _check(check: Check) -> str:
    return f"<Check>{_optional('CheckNumber', _display(check.check_number, LONGEST_NUMBER)) or ' '}</Check>"


def _cod(_: COD) -> str:
    return "<COD> </COD>"


def _purchase_order(order: PurchaseOrder) -> str:
    purchase_number = _optional("PurchaseNumber", _display(order.purchase_number, LONGEST_NUMBER))
    return f"<PurchaseOrder>{purchase_number or ' '}</PurchaseOrder>"


def _gift_card(card: GiftCard) -> str:
    inner = f"{_optional('Number', _display(card.number, LONGEST_GIFT_CARD))}{_money('FaceValue', card.face_value)}"
    return f"<GiftCard>{inner or ' '}</GiftCard>"


def _generic(payment: Generic1) -> str:
    return (
        f"<Generic1><Name>{_display(payment.name)}</Name>"
        f"{_optional('Description', _display(payment.description))}"
        f"{_optional('Field1', _display(payment.field1))}</Generic1>"
    )


_PAYMENTS: dict[type, Callable[[Any], str]] = {
    CreditCard: _credit_card,
    PayPal: _paypal,
    StoreCredit: _store_credit,
    Check: _check,
    COD: _cod,
    PurchaseOrder: _purchase_order,
    GiftCard: _gift_card,
    Generic1: _generic,
}


def _totals(totals: Totals) -> str:
    discounts = "".join([_discount(discount) for discount in totals.discounts]) if totals.discounts else ""
    surcharges = "".join([_sum("Surcharge", fee.total, fee.description) for fee in totals.surcharges])
    shipping = totals.shipping
    return (
        f"<Totals><ProductTotal>{money(totals.product_total)}</ProductTotal>{discounts}"
        f"{_money('SubTotal', totals.sub_total)}{'' if totals.tax is None else _tax(totals.tax)}"
        f"<GrandTotal>{money(totals.grand_total)}</GrandTotal>{surcharges}"
        f"{'' if shipping is None else _sum('ShippingTotal', shipping.total, shipping.description)}</Totals>"
    )


def _discount(discount: Discount) -> str:
    return (
        f"<Discount><Type>Flat</Type>{_optional('Description', _display(discount.description))}"
        f"<Amount>{money(discount.amount)}</Amount>"
        f"{_optional('ApplyDiscount', discount.apply_discount)}</Discount>"
    )


def _sum(tag: str, total: Decimal, description: str) -> str:
    return f"<{tag}><Total>{money(total)}</Total>{_optional('Description', _display(description))}</{tag}>"


def _tax(tax: Tax) -> str:
    return (
        f"<Tax><TaxAmount>{money(tax.amount)}</TaxAmount>"
        f"{'' if tax.rate is None else f'<TaxRate>{number(tax.rate)}</TaxRate>'}"
        f"{_yes_no('TaxShipping', tax.shipping)}{_yes_no('TaxExempt', tax.exempt)}"
        f"{_optional('TaxID', _display(tax.tax_id))}</Tax>"
    )


def _coupon(coupon: Coupon) -> str:
    return (
        f"<Coupon><Name>{_display(coupon.name)}</Name>{_optional('Status', _display(coupon.status))}"
        f"<Total>{money(coupon.total)}</Total>{_optional('ApplyCoupon', coupon.apply_coupon)}</Coupon>"
    )


def _other(other: Other, line_break: str) -> str:
    weight, customer = other.total_order_weight, other.web_customer_id
    inner = (
        f"{_optional('Associate', _display(other.associate, 50))}"
        f"{_optional('OrderInstructions', _free(other.order_instructions, None, line_break))}"
        f"{_optional('Comments', _free(other.comments, None, line_break))}"
        f"{_optional('GiftMessage', _free(other.gift_message, None, line_break))}"
        f"{_optional('IPHostName', _display(other.ip_host_name))}"
        f"{'' if weight is None else f'<TotalOrderWeight>{number(weight)}</TotalOrderWeight>'}"
        f"{'' if customer is None else f'<WebCustomerID>{customer}</WebCustomerID>'}"
    )
    return _optional("Other", inner)


def _custom_field(name: str, value: str, line_break: str) -> str:
    return (
        f"<CustomField><FieldName>{_display(name)}</FieldName>"
        f"<FieldValue>{_free(value, None, line_break)}</FieldValue></CustomField>"
    )
