"""Whether a store changes any product at all: tried with changes by nothing, of products that a refusal is not about."""

from collections.abc import Callable, Collection, Mapping

from inventory.models import Product, StockLevel, StockPush
from stores.miva.client import MivaClient
from stores.miva.errors import MivaError, MivaRefused
from stores.miva.inventory import read_stock
from stores.models import Store

MOST = 3  # products that are tried: one of them may be as bad as those that were refused

ByNothing = Callable[[MivaClient, int], Mapping[int, MivaError]]  # returns what failed, by product


def changes_others(
    store: Store, client: MivaClient, refused: Collection[int], change: ByNothing
) -> bool | None:
    """Whether Miva accepts such a change of another product than the `refused` ones (Miva ids): then its refusal is about them.

    False where none is accepted, whatever the reason; None where no other one is known. A product that Miva does not track is not
    tried: an adjustment would start tracking it (Miva reference §13.3).
    """
    numbers = others(store, refused)
    try:
        stocks = read_stock(client, numbers) if numbers else {}
        tracked = [number for number, stock in stocks.items() if stock.tracked]
        return any(accepted(client, number, change) for number in tracked) if tracked else None
    except MivaError:
        return False


def accepted(client: MivaClient, number: int, change: ByNothing) -> bool:
    """Whether Miva accepts the change of this product. Raises MivaError where it is not Miva's refusal that tells."""
    try:
        return not change(client, number)
    except MivaRefused:
        return False


def others(store: Store, refused: Collection[int]) -> list[int]:
    """Return the Miva ids of products that nothing is to be pushed for, those first of which Miva confirmed a figure last."""
    pushes = StockPush.objects.of(store).filter(done_at=None, product_id__isnull=False).values("product_id")
    levels = StockLevel.objects.of(store).exclude(product_id__in=refused).exclude(product_id__in=pushes)
    numbers = list(levels.order_by("-confirmed_at").values_list("product_id", flat=True)[:MOST])
    if len(numbers) < MOST:
        copies = Product.objects.of(store).filter(gone_at=None, tracked=True)
        rest = copies.exclude(miva_id__in=[*refused, *numbers]).exclude(miva_id__in=pushes)
        numbers += rest.order_by("-pk").values_list("miva_id", flat=True)[: MOST - len(numbers)]
    return numbers
