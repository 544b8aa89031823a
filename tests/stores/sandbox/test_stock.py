"""Stock changes to the letter of Miva reference §13.3."""

import pytest


def adjust(caller, *adjustments):
    return caller.call("ProductList_Adjust_Inventory", Inventory_Adjustments=list(adjustments))


def settings(caller, code, **members):
    return caller.call("InventoryProductSettings_Update", Edit_Product=code, **members)


def test_products_are_found_by_id_code_and_sku_in_this_order(caller, store):
    both = {"product_id": 902, "product_code": "glaze", "product_sku": "CLAY-10", "adjustment": -1}
    answer = adjust(
        caller, both, {"product_code": "glaze", "adjustment": 5}, {"product_sku": "clay-10", "adjustment": 7}
    )
    assert answer == {"success": 1}
    assert (store.stock("mug-11"), store.stock("glaze"), store.stock("clay-10")) == (99, 105, 107)


def test_one_bad_row_refuses_the_whole_call(caller, store):
    answer = adjust(
        caller, {"product_code": "mug-11", "adjustment": 5}, {"product_sku": "GHOST", "adjustment": 5}
    )
    assert answer["error_code"] == "MER-JSN-00023"
    assert answer["error_field"] == "Inventory_Adjustments[2]:product_sku"
    assert answer["error_field_message"] == "Product not found"
    assert store.stock("mug-11") == 100


def test_a_shared_sku_is_ambiguous(caller, store):
    store.add_product("twin", sku="MUG-11", product_inventory=3)
    answer = adjust(caller, {"product_sku": "MUG-11", "adjustment": 1})
    assert answer["error_fields"] == [
        {"error_field": "Inventory_Adjustments[1]:product_sku", "error_message": "Ambiguous product SKU"}
    ]


def test_an_untracked_product_becomes_tracked_with_the_adjustment(caller, store):
    adjust(caller, {"product_code": "ebook", "adjustment": -2})
    assert store.stock("ebook") == -2


@pytest.mark.parametrize("adjustment", ["", "two"])
def test_an_adjustment_must_be_a_number(caller, adjustment):
    answer = adjust(caller, {"product_code": "mug-11", "adjustment": adjustment})
    assert answer["error_field"] == "Inventory_Adjustments[1]:adjustment"


def test_a_product_update_sets_tracked_stock_only(caller, store):
    assert caller.call("Product_Update", Product_Code="mug-11", Product_Inventory=7) == {"success": 1}
    assert caller.call("Product_Update", Product_Code="ebook", Product_Inventory=7) == {"success": 1}
    assert (store.stock("mug-11"), store.stock("ebook")) == (7, None)


def test_a_product_update_without_the_inventory_right_does_nothing(caller, store):
    store.granted_functions = {"Product_Update"}
    assert caller.call("Product_Update", Product_Code="mug-11", Product_Inventory=7) == {"success": 1}
    assert store.stock("mug-11") == 100


def test_a_product_update_by_edit_code_renames(caller, store):
    caller.call(
        "Product_Update", Edit_Product="mug-11", Product_Code="mug-12", Product_SKU="M12", Product_Active="No"
    )
    assert (store.stock("mug-12"), store.inventory.by_sku("M12")[0]["active"]) == (100, False)
    assert store.inventory.by_code("mug-11") is None


def test_the_settings_set_a_count_and_start_tracking(caller, store):
    assert settings(caller, "ebook", TrackProduct=True, CurrentStock=12) == {"success": 1}
    assert settings(caller, "mug-11", TrackProduct=True, AdjustStockBy=-3) == {"success": 1}
    assert (store.stock("ebook"), store.stock("mug-11")) == (12, 97)


def test_a_count_and_an_adjustment_exclude_each_other(caller):
    answer = settings(caller, "mug-11", CurrentStock=1, AdjustStockBy=1)
    assert answer["error_code"] == "MER-INV-JSN-00001"


def test_tracking_ends_with_its_count(caller, store):
    settings(caller, "mug-11", TrackProduct=False)
    assert store.stock("mug-11") is None
    settings(caller, "mug-11", TrackProduct=True)
    assert store.stock("mug-11") == 0


def test_stock_changes_do_not_move_dt_updated(caller, store, clock):
    before = store.inventory.by_code("mug-11")["dt_updated"]
    clock.forward(100)
    adjust(caller, {"product_code": "mug-11", "adjustment": 1})
    settings(caller, "mug-11", TrackProduct=True, CurrentStock=3)
    assert store.inventory.by_code("mug-11")["dt_updated"] == before


def test_levels_take_a_number_or_the_default(caller, store):
    settings(
        caller,
        "mug-11",
        TrackLowStockLevel="Yes",
        LowStockLevel=5,
        OutOfStockLevel="Default",
        LowStockMessageShort="Few",
    )
    kept = store.inventory.by_code("mug-11")["productinventorysettings"]
    assert (kept["low_track"], kept["low_level"], kept["low_lvl_d"], kept["low_short"]) == (
        "y",
        5,
        False,
        "Few",
    )
    assert (
        settings(caller, "mug-11", HideOutOfStockProducts="Maybe")["error_field"] == "HideOutOfStockProducts"
    )
