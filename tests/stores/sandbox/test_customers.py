"""Customers are listed as Miva lists them (Miva reference §14)."""

from stores.sandbox import persistence
from stores.sandbox.envelope import encode

PERSON = [
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
]
MEMBERS = [
    *("id", "account_id", "login", "pw_email", "ship_id", "ship_res", *(f"ship_{name}" for name in PERSON)),
    *("bill_id", *(f"bill_{name}" for name in PERSON), "tax_exempt", "order_cnt", "order_avg"),
    *("formatted_order_avg", "order_tot", "formatted_order_tot", "note_count", "dt_created", "dt_updated"),
    *("dt_login", "dt_pwchg", "credit", "formatted_credit", "CustomField_Values", "business_title"),
]


def customers(caller, *search, ondemand=(), **parameters):
    elements = [*search, {"name": "ondemandcolumns", "value": list(ondemand)}]
    return caller.call("CustomerList_Load_Query", Filter=elements, **parameters)["data"]


def search(field, operator, value):
    return {"name": "search", "value": [{"field": field, "operator": operator, "value": value}]}


def test_a_customer_has_the_members_that_miva_lists(caller, store):
    store.add_customer("jrivera")
    (row,) = customers(caller, ondemand=["CustomField_Values:*"])["data"]
    assert list(row) == MEMBERS
    assert (row["login"], row["tax_exempt"], row["credit"]) == ("jrivera", False, 0.0)


def test_customers_come_by_login_unless_another_order_is_asked_for(caller, store):
    for login in ("zoe", "Ana", "mei"):
        store.add_customer(login)
    assert [row["login"] for row in customers(caller)["data"]] == ["Ana", "mei", "zoe"]
    assert [row["login"] for row in customers(caller, Sort="-id")["data"]] == ["mei", "Ana", "zoe"]


def test_customers_are_paged_by_id(caller, store):
    made = [store.add_customer(f"shopper{number}")["id"] for number in range(5)]
    ids = []
    while page := customers(caller, search("id", "GT", str(ids[-1] if ids else 0)), Sort="id", Count=2)[
        "data"
    ]:
        ids += [row["id"] for row in page]
    assert ids == made


def test_customers_are_found_by_address_and_not_by_what_miva_does_not_search(caller, store):
    store.add_customer("ana", bill_city="Ridge", dt_updated=5)
    store.add_customer("mei", bill_city="Austin", dt_updated=9)
    assert [row["login"] for row in customers(caller, search("bill_city", "EQ", "ridge"))["data"]] == ["ana"]
    assert len(customers(caller, search("dt_updated", "GT", "7"))["data"]) == 2


def test_custom_fields_come_on_demand(caller, store):
    store.add_customer("ana", CustomField_Values={"customfields": {"tax_id": "DE1"}})
    assert "CustomField_Values" not in customers(caller)["data"][0]
    (row,) = customers(caller, ondemand=["CustomField_Values:customfields:tax_id"])["data"]
    assert row["CustomField_Values"] == {"customfields": {"tax_id": "DE1"}}


def test_a_shopper_who_orders_with_an_account_is_a_customer(caller, store):
    orders = [store.place_order() for _ in range(12)]
    accounts = {order["cust_id"] for order in orders} - {0}
    assert {row["id"] for row in customers(caller)["data"]} == accounts


def test_customers_need_a_permission_of_their_own(caller, store):
    store.granted_functions = {"ProductList_Load_Query"}
    assert caller.call("CustomerList_Load_Query")["error_code"] == "access_denied"


def test_customers_survive_a_restart(store, tmp_path):
    store.add_customer("ana", bill_fname="Ana", credit="12.50")
    persistence.save(store, tmp_path / "store.json")
    loaded = persistence.load(tmp_path / "store.json", clock=store.clock)
    assert encode(loaded.accounts.rows) == encode(store.accounts.rows)
