"""Functions on products: lists and variants (Miva reference §13.1, §13.2)."""

from __future__ import annotations

from stores.sandbox.columns import Row
from stores.sandbox.envelope import ApiError, encode, rows, success
from stores.sandbox.filters import compile_filter
from stores.sandbox.inventory import Dimension, Part, Variant
from stores.sandbox.listing import arranged, filtered
from stores.sandbox.parameters import Parameters
from stores.sandbox.product_columns import product_columns
from stores.sandbox.products import project
from stores.sandbox.store import SandboxStore


def load_products(store: SandboxStore, parameters: Parameters) -> bytes:
    """ProductList_Load_Query: in display order unless Sort says otherwise; Count 0 is everything."""
    offset, count = parameters.integer("Offset"), parameters.integer("Count")
    columns = product_columns(store.version_numbers())
    query = compile_filter(parameters.get("Filter"), columns)
    known = store.inventory.rows
    ids = filtered(known, sorted(known), query)
    selected = arranged(known, ids, parameters.text("Sort") or "disp_order", columns)
    page = selected[offset : offset + count if count > 0 else len(selected)]
    return rows((encode(project(known[each], query.ondemand)) for each in page), len(selected), offset)


def loaded_product(store: SandboxStore, parameters: Parameters) -> Row:
    """The product that Product_ID, Edit_Product, Product_Code or Product_SKU names, in this order.

    Raises ApiError with the codes of Miva reference §4.3.
    """
    found: Row | None
    if parameters.text("Product_ID"):
        found, code = store.inventory.rows.get(parameters.integer("Product_ID")), "MER-JSN-PRD-00070"
    elif parameters.text("Edit_Product"):
        found, code = store.inventory.by_code(parameters.text("Edit_Product")), "MER-JSN-PRD-00013"
    elif parameters.text("Product_Code"):
        found, code = store.inventory.by_code(parameters.text("Product_Code")), "MER-JSN-PRD-00014"
    elif parameters.text("Product_SKU"):
        several = store.inventory.by_sku(parameters.text("Product_SKU"))
        if len(several) > 1:
            raise ApiError("MER-JSN-PRD-00072", "Ambiguous product SKU")
        found, code = several[0] if several else None, "MER-JSN-PRD-00071"
    else:
        raise ApiError("MER-JSN-PRD-00073", "Either a Product_ID, Edit_Product or Product_SKU is required")
    if found is None:
        raise ApiError(code, "Product not found")
    return found


def load_variants(store: SandboxStore, parameters: Parameters) -> bytes:
    """ProductVariantList_Load_Product: the parts' codes without SKUs; variant 0 repeats the first one."""
    product_id = loaded_product(store, parameters)["id"]
    variants = list(store.inventory.variants.get(product_id, ()))
    if variants and parameters.text("Include_Default_Variant").lower() in ("1", "true", "yes"):
        variants.append(Variant(0, variants[0].parts, (Dimension(0, "", 0, ""),)))
    return success(data=[_variant(store, product_id, each) for each in variants])


def load_variant_rows(store: SandboxStore, parameters: Parameters) -> bytes:
    """ProductVariantList_Load_Query with Count 0, the only way in which its paging is usable (§13.2)."""
    product_id = loaded_product(store, parameters)["id"]
    variants = store.inventory.variants.get(product_id, [])
    listed = [_variant_row(store, product_id, offset, each) for offset, each in enumerate(variants)]
    total = len(variants) + sum(len(each.parts) for each in variants)
    return rows((encode(each) for each in listed), total, 0)


def _variant(store: SandboxStore, product_id: int, variant: Variant) -> Row:
    return {
        "product_id": product_id,
        "variant_id": variant.id,
        "parts": [_part(store, each) for each in variant.parts],
        "dimensions": [
            {
                "attr_id": each.attribute_id,
                "attmpat_id": 0,
                "option_id": each.option_id,
                "option_code": each.option_code,
            }
            for each in variant.dimensions
        ],
    }


def _part(store: SandboxStore, part: Part) -> Row:
    row = store.inventory.rows[part.product_id]
    shown = {"product_id": row["id"], "product_code": row["code"], "product_name": row["name"]}
    return shown | {"quantity": part.quantity}


def _variant_row(store: SandboxStore, product_id: int, offset: int, variant: Variant) -> Row:
    row: Row = {"offset": offset, "product_id": product_id, "variant_id": variant.id}
    for each in variant.dimensions:
        row |= {
            f"option_id_{each.attribute_id}_0": each.option_id,
            f"option_code_{each.attribute_id}_0": each.option_code,
        }
    row["attributes"] = [
        {
            "attr_id": each.attribute_id,
            "attr_code": each.attribute_code,
            "attmpat_id": 0,
            "option_id": each.option_id,
            "option_code": each.option_code,
        }
        for each in variant.dimensions
    ]
    skus = store.inventory.rows
    row["parts"] = [
        {"offset": offset} | _part(store, each) | {"product_sku": skus[each.product_id]["sku"]}
        for each in variant.parts
    ]
    return row
