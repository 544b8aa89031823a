"""On-demand columns, conditional members, encrypted payments, paging (Miva reference §6, §7, §12)."""

import json

import pytest

from stores.sandbox import SandboxStore
from stores.sandbox.envelope import encode

EVERYTHING = (
    *(
        "ship_method",
        "cust_login",
        "cust_pw_email",
        "business_title",
        "payment_module",
        "customer",
        "items",
        "charges",
    ),
    *("coupons", "discounts", "payments", "payment_data", "notes", "parts", "shipments", "returns"),
    *("CustomField_Values:customfields:*", "CustomField_Values:orderworkflow:*"),
)
ADDRESS = (
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
MONEY = ("total", "total_ship", "total_tax", "total_auth", "total_capt", "total_rfnd", "net_capt")
BASE = [
    *(
        "id",
        "pay_id",
        "batch_id",
        "status",
        "pay_status",
        "stk_status",
        "dt_instock",
        "orderdate",
        "cust_id",
        "ship_res",
    ),
    *(f"ship_{name}" for name in ADDRESS),
    *(f"bill_{name}" for name in ADDRESS),
    *("ship_id", "ship_data", "source", "source_id"),
    *(name for each in MONEY for name in (each, f"formatted_{each}")),
    *("pend_count", "bord_count", "note_count", "dt_updated"),
]
KIT = {"code": "KIT", "price": "25.00", "parts": [{"code": "soap", "quantity": 2}]}


@pytest.fixture
def order(store):
    return store.place_order(items=[KIT], cust_id=0)


@pytest.mark.usefixtures("order")
def test_without_columns_only_the_base_members_come_in_their_order(caller):
    assert list(caller.orders()[0]) == BASE


@pytest.mark.usefixtures("order")
@pytest.mark.parametrize(
    "column", ["ship_method", "payment_module", "charges", "coupons", "discounts", "payments", "notes"]
)
def test_a_column_adds_exactly_its_member(caller, column):
    assert set(caller.orders(ondemand=(column,))[0]) == {*BASE, column}


@pytest.mark.usefixtures("order")
def test_parts_need_items(caller):
    assert set(caller.orders(ondemand=("parts",))[0]) == set(BASE)


@pytest.mark.usefixtures("order")
def test_items_come_without_parts_unless_asked(caller):
    assert "parts" not in caller.orders(ondemand=("items",))[0]["items"][0]
    assert caller.orders(ondemand=("items", "parts"))[0]["items"][0]["parts"] == KIT["parts"]


@pytest.mark.usefixtures("order")
def test_payment_data_needs_payments(caller):
    assert set(caller.orders(ondemand=("payment_data",))[0]) == set(BASE)


@pytest.mark.usefixtures("order")
def test_payments_come_without_module_unless_asked(caller):
    assert "module" not in caller.orders(ondemand=("payments",))[0]["payments"][0]
    assert "module" in caller.orders(ondemand=("payments", "payment_data"))[0]["payments"][0]


def test_a_guest_has_no_customer(caller, store):
    placed = [store.place_order() for _ in range(20)]
    guest = next(order for order in placed if not order["cust_id"])
    shown = {order["id"]: order for order in caller.orders(ondemand=("customer",))}
    assert "customer" not in shown[guest["id"]]
    assert any("customer" in order for order in shown.values())


@pytest.mark.usefixtures("order")
def test_conditional_members_of_a_line_are_absent(caller):
    line = caller.orders(ondemand=("items", "parts"))[0]["items"][0]
    assert not {"shipment", "discounts", "options", "subscription", "rma_code"} & set(line)


def test_lines_appear_inside_their_shipment_only_when_items_are_asked_for(clock):
    store = SandboxStore(seed=7, orders=1500, clock=clock)
    shipped = next(order for order in store.orders.values() if order["shipments"])
    line, shipment = shipped["items"][0], shipped["shipments"][0]
    assert line["shipment"]["tracknum"] == shipment["tracknum"]
    assert [each["line_id"] for each in shipment["items"]] == [line["line_id"]]


@pytest.mark.usefixtures("order")
@pytest.mark.parametrize(
    ("columns", "modules"),
    [
        (("CustomField_Values:*",), {"customfields", "orderworkflow"}),
        (("CustomField_Values:orderworkflow:*",), {"orderworkflow"}),
        (("customfield_values:CUSTOMFIELDS:PO_Number",), {"customfields"}),
        (("CustomField_Values:nothing:*",), None),
        ((), None),
    ],
)
def test_custom_fields_come_as_asked_or_not_at_all(caller, columns, modules):
    values = caller.orders(ondemand=columns)[0].get("CustomField_Values")
    assert modules == (set(values) if values else None)


@pytest.mark.usefixtures("order")
def test_an_old_version_has_neither_dt_updated_nor_shipments(caller, store):
    store.version = "10.02.00"
    shown = caller.orders(ondemand=EVERYTHING)[0]
    assert not {"dt_updated", "shipments", "returns"} & set(shown)


@pytest.fixture
def locked(store):
    card = {"cc_card": "Visa", "cc_number": "4111111111111111"}
    payment = {
        "module": "mod10",
        "type": 1,
        "amount": "25.00",
        "pay_secid": 2,
        "data": card,
        "description": "Visa",
    }
    return store.place_order(items=[KIT], payments=[payment])


def payment_with(caller, **parameters):
    return caller.orders(ondemand=("payments", "payment_data"), **parameters)[0]["payments"][0]


@pytest.mark.usefixtures("locked")
def test_without_passphrase_a_card_is_secured(caller):
    payment = payment_with(caller)
    assert payment["decrypt_status"] == "not_decrypted"
    assert payment["decrypt_error"] == "MER-CRY-PUB-00018: Decryption failed: Passphrase missing"
    assert payment["data"] == {"cc_card": "** Secured **", "cc_number": "** Secured **"}


@pytest.mark.usefixtures("locked")
def test_a_wrong_passphrase_fails_without_failing_the_call(caller):
    payment = payment_with(caller, Passphrase="wrong")
    assert payment["decrypt_error"].startswith("MER-CRY-PUB-00070: ")
    assert payment["data"]["cc_number"] == "** Secured **"


@pytest.mark.usefixtures("locked")
def test_the_passphrase_opens_a_card(caller, store):
    payment = payment_with(caller, Passphrase=store.passphrase)
    assert (payment["decrypt_status"], payment["data"]["cc_number"]) == ("decrypted", "4111111111111111")
    assert "decrypt_error" not in payment


def test_a_changed_order_is_rendered_anew(caller, store, order):
    assert caller.orders()[0]["ship_fname"] == order["ship_fname"]
    store.edit_order(order["id"], ship_fname="Changed")
    assert caller.orders()[0]["ship_fname"] == "Changed"


def test_count_zero_is_everything_and_total_count_ignores_paging(caller, store):
    for _ in range(5):
        store.place_order()
    assert len(caller.orders(Count=0)) == 5
    page = caller.call("OrderList_Load_Query", Count=2, Offset=3)["data"]
    assert (page["total_count"], page["start_offset"], len(page["data"])) == (5, 3, 2)


@pytest.mark.parametrize(
    ("sort", "names"), [("ship_lname", ["a", "B", "c"]), ("-ship_lname", ["c", "B", "a"])]
)
def test_sorting_ignores_case_and_turns_round(caller, store, sort, names):
    for name in ("c", "a", "B"):
        store.place_order(ship_lname=name)
    assert [order["ship_lname"] for order in caller.orders(Sort=sort)] == names


@pytest.mark.parametrize("sort", ["", "id", "nonsense", None])
def test_the_default_is_ascending_id(caller, store, sort):
    for number in (3, 1, 2):
        store.place_order(id=number)
    assert [order["id"] for order in caller.orders(Sort=sort)] == [1, 2, 3]


def test_id_can_be_turned_round(caller, store):
    for number in (3, 1, 2):
        store.place_order(id=number)
    assert [order["id"] for order in caller.orders(Sort="-id")] == [3, 2, 1]


def test_paging_by_last_id_sees_every_order_once(caller, store):
    store.place_orders(25)
    last, seen = 0, []
    while page := caller.orders(
        {"name": "search", "value": [{"field": "id", "operator": "GT", "value": str(last)}]},
        Sort="id",
        Count=10,
    ):
        seen += [order["id"] for order in page]
        last = seen[-1]
    assert seen == sorted(store.orders)


def test_asking_for_everything_shows_the_stored_order(caller, store, order):
    [shown] = caller.orders(ondemand=EVERYTHING)
    assert list(shown) == list(order)
    assert shown == json.loads(encode(order))


def test_everything_with_the_passphrase_still_opens_the_card(caller, store, locked):
    [shown] = caller.orders(ondemand=EVERYTHING, Passphrase=store.passphrase)
    assert shown["payments"][0]["data"]["cc_number"] == "4111111111111111"
