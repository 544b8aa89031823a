"""Asking Miva as which variants products are sold, and from which parts."""

from collections.abc import Sequence

from inventory.models import Variant
from inventory.reading import variants
from stores.miva.client import MivaClient
from stores.miva.errors import MivaRefused
from stores.miva.shapes import rows
from stores.models import Store

AT_ONCE = 25  # products whose variants are asked for in one request


def variants_of(client: MivaClient, store: Store, product_ids: Sequence[int]) -> dict[int, list[Variant]]:
    """Return the variants of each product, as rows that are not saved; products of which Miva refuses to tell them are left out.
    Raises MivaError.

    All variants of a product at once: pages of them would cut variants in two (Miva reference §13.2).
    """
    found: dict[int, list[Variant]] = {}
    for start in range(0, len(product_ids), AT_ONCE):
        chunk = product_ids[start : start + AT_ONCE]
        asked = [{"Product_ID": product, "Filter": [], "Offset": 0, "Count": 0} for product in chunk]
        each = client.call_each("ProductVariantList_Load_Query", asked)
        for error in each.errors.values():
            if not isinstance(error, MivaRefused):
                raise error
        for place, reply in each.replies.items():
            found[chunk[place]] = variants(store, chunk[place], rows(reply.body.get("data") or {}, "data"))
    return found
