"""Products and customers as XML, by plain strings under the same rules as orders (SETI reference §1.4, §3.2, §3.3)."""

from collections.abc import Iterable
from decimal import Decimal

from stores.seti.catalogue import (
    CatalogueProduct,
    CustomerAddress,
    OptionValue,
    ProductOption,
    Quantity,
    WebCustomer,
)
from stores.seti.records import CustomField
from stores.seti.values import LONGEST_DISPLAY, clean, escape, number, plain, price

CODE, NAME, OPTION_NAME, VALUE_NAME = 255, 200, 50, 250  # lengths that the receiver keeps (§3.2)
PERSON, EMAIL, STREET, USER_NAME = 50, 255, 255, 25  # (§3.3)


def render_product(product: CatalogueProduct, line_break: str = " ") -> str:
    """One ``<Product>…</Product>`` of ``downloadprods``; children in the order of the specification.

    ``line_break`` stands for each run of line breaks in the description and in custom fields, as in orders.
    """
    description = plain(product.description, line_break)[:LONGEST_DISPLAY].strip()
    quantity = "" if product.quantity is None else str(product.quantity)
    return (
        f"<Product>{_required('Code', product.code, CODE)}<WebID>{product.web_id}</WebID>"
        f"{_required('Name', product.name or product.code, NAME)}<Price>{price(product.price)}</Price>"
        f"{_price('Cost', product.cost)}{_element('Description', escape(description))}"
        f"{_number('Weight', product.weight)}{_yes_no('Taxable', product.taxable)}"
        f"{_yes_no('Discontinued', product.discontinued)}{_element('QOH', quantity)}"
        f"{_element('OptionLists', ''.join(map(_option, product.options)))}"
        f"{_custom_fields(product.custom_fields, line_break)}</Product>"
    )


def render_quantity(level: Quantity) -> str:
    """One ``<Product>…</Product>`` of ``downloadqoh`` (§2.5)."""
    return (
        f"<Product>{_required('Code', level.code, CODE)}<WebID>{level.web_id}</WebID>"
        f"<QOH>{level.quantity}</QOH></Product>"
    )


def render_customer(customer: WebCustomer, line_break: str = " ") -> str:
    """One ``<Customer>…</Customer>``. ``BillAddr`` is always there, with one space when nothing is known (§1.4 rule 3)."""
    return (
        f"<Customer><WebID>{customer.web_id}</WebID>{_optional('UserName', customer.user_name, USER_NAME)}"
        f"<BillAddr>{_address(customer.billing) or ' '}</BillAddr>"
        f"{_element('ShipAddr', _address(customer.shipping))}"
        f"{_custom_fields(customer.custom_fields, line_break)}</Customer>"
    )


def _option(option: ProductOption) -> str:
    return (
        f"<ProductOption><WebID>{option.web_id}</WebID>{_required('Name', option.name, OPTION_NAME)}"
        f"{_optional('Prompt', option.prompt, OPTION_NAME)}{_element('Type', option.kind)}"
        f"{_price('Price', option.price)}<SortOrder>{option.sort_order}</SortOrder>"
        f"{''.join(map(_value, option.values))}</ProductOption>"
    )


def _value(value: OptionValue) -> str:
    return (
        f"<OptionValue>{_required('Name', value.name, VALUE_NAME)}{_optional('Code', value.code, CODE)}"
        f"{_price('Price', value.price)}{_number('Weight', value.weight)}"
        f"<SortOrder>{value.sort_order}</SortOrder></OptionValue>"
    )


def _address(address: CustomerAddress) -> str:
    """Customers say Addr1 and Zip where orders say Street1 and Code (§3.3)."""
    inner = (
        f"{_optional('Addr1', address.street1, STREET)}{_optional('Addr2', address.street2, STREET)}"
        f"{_optional('City', address.city, STREET)}{_optional('State', address.state, STREET)}"
        f"{_optional('Zip', address.zip, STREET)}{_optional('Country', address.country, STREET)}"
    )
    return (
        f"{_optional('FirstName', address.first_name, PERSON)}{_optional('LastName', address.last_name, PERSON)}"
        f"{_optional('Company', address.company, PERSON)}{_optional('Phone', address.phone, PERSON)}"
        f"{_optional('Fax', address.fax, PERSON)}{_optional('Email', address.email, EMAIL)}"
        f"{_element('Address', inner)}"
    )


def _custom_fields(fields: Iterable[CustomField], line_break: str) -> str:
    rendered = [
        f"<CustomField>{_required('FieldName', field.name, CODE)}"
        f"<FieldValue>{escape(clean(field.value, line_break))}</FieldValue></CustomField>"
        for field in fields
    ]
    return _element("CustomFields", "".join(rendered))


def _required(tag: str, text: str, longest: int) -> str:
    """Cleaned of HTML, cut to the receiver's length, escaped."""
    return f"<{tag}>{escape(plain(text)[:longest].strip())}</{tag}>"


def _optional(tag: str, text: str, longest: int) -> str:
    return _element(tag, escape(plain(text)[:longest].strip())) if text else ""


def _element(tag: str, inner: str) -> str:
    return f"<{tag}>{inner}</{tag}>" if inner else ""


def _price(tag: str, amount: Decimal | None) -> str:
    return "" if amount is None else f"<{tag}>{price(amount)}</{tag}>"


def _number(tag: str, amount: Decimal | None) -> str:
    return "" if amount is None else f"<{tag}>{number(amount)}</{tag}>"


def _yes_no(tag: str, value: bool | None) -> str:
    return "" if value is None else _element(tag, "Yes" if value else "No")
