"""Products are listed as Miva lists them, and web orders sell them (Miva reference §13)."""

from stores.sandbox import persistence
from stores.sandbox.envelope import encode


def products(caller, *search, ondemand=(), **parameters):
    elements = [*search, {"name": "ondemandcolumns", "value": list(ondemand)}]
    return caller.call("ProductList_Load_Query", Filter=elements, **parameters)["data"]


def search(field, operator, value):
    return {"name": "search", "value": [{"field": field, "operator": operator, "value": value}]}


def test_on_demand_columns_gate_the_count(caller):
    plain = products(caller, search("code", "EQ", "mug-11"))["data"][0]
    assert "product_inventory" not in plain
    assert (plain["sku"], plain["formatted_price"]) == ("MUG-11", "$14.00")
    counted = products(caller, search("code", "EQ", "mug-11"), ondemand=["product_inventory"])["data"][0]
    assert (counted["product_inventory_active"], counted["product_inventory"]) == (True, 100)


def test_products_are_paged_by_id(caller, store):
    ids = []
    while page := products(caller, search("id", "GT", str(ids[-1] if ids else 0)), Sort="id", Count=7)[
        "data"
    ]:
        ids += [row["id"] for row in page]
    assert ids == sorted(store.inventory.rows)


def test_a_list_of_ids_finds_exactly_those(caller):
    assert [row["code"] for row in products(caller, search("id", "IN", "902,905"), Sort="id")["data"]] == [
        "mug-11",
        "clay-10",
    ]


def test_attributes_and_custom_fields_come_on_demand(caller):
    row = products(caller, search("code", "EQ", "shirt"), ondemand=["attributes", "CustomField_Values:*"])
    shirt = row["data"][0]
    assert [each["code"] for each in shirt["attributes"]] == ["size", "monogram"]
    assert [each["code"] for each in shirt["attributes"][0]["options"]] == ["S", "M", "L", "XL"]
    assert shirt["CustomField_Values"]["customfields"]["brand"] == "Acme"


def test_only_active_products_on_demand(caller):
    shown = products(caller, {"name": "Product_Show", "value": "Active"}, Count=0)["data"]
    assert "shirt-l" not in {row["code"] for row in shown}
    assert "shirt" in {row["code"] for row in shown}


def test_variants_name_their_part_products(caller):
    variants = caller.call("ProductVariantList_Load_Product", Product_Code="shirt")["data"]
    assert [each["parts"][0]["product_code"] for each in variants] == [
        *("shirt-s", "shirt-m", "shirt-l", "shirt-xl")
    ]
    rows = caller.call("ProductVariantList_Load_Query", Product_Code="hoodie", Count=0)["data"]
    assert (len(rows["data"]), rows["total_count"]) == (12, 24)
    assert rows["data"][0]["parts"][0]["product_sku"] == "SKU-HOODIE-S-RED"


def test_the_default_variant_is_listed_last_when_asked_for(caller):
    variants = caller.call(
        "ProductVariantList_Load_Product", Edit_Product="carekit", Include_Default_Variant=1
    )["data"]
    assert variants[-1]["variant_id"] == 0
    assert [each["quantity"] for each in variants[0]["parts"]] == [2, 1]


def test_a_missing_product_is_named(caller):
    answer = caller.call("ProductVariantList_Load_Product", Product_Code="ghost")
    assert answer["error_code"] == "MER-JSN-PRD-00014"


def test_a_web_order_lowers_the_count_of_a_plain_product(store):
    store.place_order(items=[{"code": "mug-11", "quantity": 3}])
    assert store.stock("mug-11") == 97


def test_a_kit_and_a_variant_take_from_their_parts(store):
    kit = [{"code": "soap", "quantity": 2}, {"code": "brush", "quantity": 1}]
    store.place_order(
        items=[
            {"code": "carekit", "quantity": 2, "parts": kit},
            {"code": "shirt", "quantity": 1, "parts": [{"code": "shirt-l", "quantity": 1}]},
        ]
    )
    assert (store.stock("soap"), store.stock("brush"), store.stock("shirt-l")) == (96, 98, 99)
    assert store.stock("shirt") is None


def test_untracked_products_stay_untracked_when_sold(store):
    store.place_order(items=[{"code": "ebook", "quantity": 3}])
    assert store.stock("ebook") is None


def test_cancelled_and_changed_lines_come_back(store):
    order = store.place_order(items=[{"code": "mug-11", "quantity": 3}, {"code": "glaze", "quantity": 1}])
    store.change_quantity(order["id"], order["items"][0]["line_id"], 5)
    assert store.stock("mug-11") == 95
    store.cancel(order["id"], [order["items"][0]["line_id"]])
    assert (store.stock("mug-11"), store.stock("glaze")) == (100, 99)


def test_stock_may_fall_below_nothing(store):
    store.set_stock("mug-11", 1)
    store.place_order(items=[{"code": "mug-11", "quantity": 3}])
    assert store.stock("mug-11") == -2


def test_products_and_counts_survive_a_restart(store, tmp_path):
    store.set_stock("mug-11", 17)
    persistence.save(store, tmp_path / "store.json")
    loaded = persistence.load(tmp_path / "store.json", clock=store.clock)
    assert loaded.stock("mug-11") == 17
    assert loaded.inventory.variants == store.inventory.variants
    assert encode(loaded.inventory.rows) == encode(store.inventory.rows)
