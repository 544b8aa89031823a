"""The column names of Miva's lists. A name that Miva does not know silently widens the result."""

import re
from dataclasses import dataclass

# Miva reference §6.2; SUBWHERE is left to any_of and all_of.
OPERATORS = frozenset(
    (
        "EQ",
        "NE",
        "GT",
        "GE",
        "LT",
        "LE",
        "CO",
        "NC",
        "LIKE",
        "NOTLIKE",
        "TRUE",
        "FALSE",
        "NULL",
        "IN",
        "NOT_IN",
    )
)
WITHOUT_VALUE = frozenset({"TRUE", "FALSE", "NULL"})

_PERSON = (
    "fname",
    "lname",
    "email",
    "comp",
    "phone",
    "fax",
    "addr1",
    "addr2",
    "city",
    "state",
    "zip",
    "cntry",
)
_SHIP_AND_BILL = frozenset(f"{side}_{part}" for side in ("ship", "bill") for part in _PERSON)
_CUSTOM_FIELD = re.compile(r"CustomField_Values:[^:*]+:[^:*]+\Z")
_CUSTOM_FIELDS_ON_DEMAND = re.compile(r"CustomField_Values:(?:\*|[^:*]+:(?:\*|[^:*]+))\Z")


@dataclass(frozen=True, slots=True)
class Columns:
    """What one list function can search and sort by, show on demand and take as its own filter."""

    name: str
    searchable: frozenset[str]
    sortable: frozenset[str]
    ondemand: frozenset[str]
    filters: frozenset[str] = frozenset()

    def can_search(self, field: str) -> bool:
        """True for a search column or one custom field."""
        return field in self.searchable or bool(_CUSTOM_FIELD.match(field))

    def can_sort(self, field: str) -> bool:
        """True for a sort column, with or without the leading minus, or one custom field."""
        column = field.removeprefix("-")
        return column in self.sortable or bool(_CUSTOM_FIELD.match(column))

    def can_show(self, column: str) -> bool:
        """True for an on-demand column, custom fields with or without stars, or an imagetype of products."""
        return column in self.ondemand or bool(_CUSTOM_FIELDS_ON_DEMAND.match(column))


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ORDER_SEARCH = _SHIP_AND_BILL | _names(
    "id batch_id status pay_status orderdate dt_instock ship_res ship_id ship_data source source_id total "
    "total_ship "
    "total_tax total_auth total_capt total_rfnd net_capt pend_count bord_count note_count dt_updated "
    "cust_login "
    "cust_pw_email business_title product_code pay_id payment"
)
_ORDER_ON_DEMAND = _names(
    "ship_method cust_login cust_pw_email business_title payment_module customer items charges coupons "
    "discounts "
    "payments payment_data notes parts shipments returns"
)

ORDERS = Columns(  # Miva reference §7.1
    name="orders",
    searchable=_ORDER_SEARCH,
    sortable=_ORDER_SEARCH | {"ship_name", "bill_name", "payment_module"},
    ondemand=_ORDER_ON_DEMAND,
    filters=_names("Customer_ID BusinessAccount_ID"),
)

_SHIPMENT_OWN = _names(
    "id order_id batch_id code status ship_date tracknum tracktype weight cost product_code"
)
_SHIPMENT_SEARCH = _SHIPMENT_OWN | {f"order_{column}" for column in _ORDER_SEARCH if column != "product_code"}

SHIPMENTS = Columns(  # Miva reference §10.4
    name="shipments",
    searchable=_SHIPMENT_SEARCH,
    sortable=_SHIPMENT_SEARCH,
    ondemand=_names(
        "items order include_order order_items order_charges order_coupons order_discounts order_payments "
        "order_payment_data order_notes order_customer order_ship_method order_cust_login "
        "order_cust_pw_email "
        "order_business_title order_payment_module"
    ),
)

_PRODUCT_SEARCH = _names(
    "id code sku name thumbnail image price cost descrip weight taxable active exsearch page_title "
    "dt_created "
    "dt_updated cancat_code page_code category product_inventory profit margin"
)

PRODUCTS = Columns(  # Miva reference §13.1
    name="products",
    searchable=_PRODUCT_SEARCH,
    sortable=(_PRODUCT_SEARCH - {"category"}) | {"disp_order"},
    ondemand=_names(
        "descrip catcount cancat_code product_inventory productinventorysettings attributes categories "
        "productimagedata productshippingrules relatedproducts uris url subscriptionsettings "
        "subscriptionterms"
    ),
    filters=_names("Product_Show"),
)

_CUSTOMER_SEARCH = _SHIP_AND_BILL | _names(
    "id login pw_email ship_id ship_res bill_id business_title note_count dt_created dt_login credit"
)

CUSTOMERS = Columns(  # Miva reference §14
    name="customers",
    searchable=_CUSTOMER_SEARCH,
    sortable=_CUSTOMER_SEARCH,
    ondemand=frozenset(),
)
