"""Products in the search over everything."""

from django.db.models import Q

from inventory.models import Product, fold
from stores.admin.finding import Found, Kind, Term, some, store_name
from stores.admin.words import label, list_of, page_of


def products(term: Term) -> list[Found]:
    """Return products by the beginning of their code or SKU, in any case."""
    key = fold(term.text)
    if not term.long_enough or term.is_email:
        return []
    rows = Product.objects.filter(Q(code_key__startswith=key) | Q(sku_key__startswith=key))
    return [
        Found(row.code, row.name[:80], store_name(row), presence(row), page_of(row))
        for row in some(
            rows.select_related("store__merchant")
            .defer("description", "attributes")
            .order_by("code_key", "pk")
        )
    ]


def presence(product: Product) -> str:
    """Return the stock, or that Miva has the product no more, as a label."""
    if product.gone_at:
        return label("Gone from Miva", "quiet")
    return label(f"Stock {product.quantity}", "good") if product.tracked else label("Not tracked", "quiet")


KINDS = (
    Kind(
        "Products",
        "inventory_2",
        "inventory.view_product",
        products,
        lambda term: list_of("inventory_product", q=term.text),
    ),
)
