"""Under which name a product is sent: code or SKU, as the store decided (Miva reference §7.3, §17 no. 12)."""

from orders.translate.errors import Unreadable, shown
from orders.translate.members import Row, text, whole
from stores.seti.values import plain

NAMES = {"code": "code", "sku": "SKU"}
OTHER = {"code": "sku", "sku": "code"}
NAMELESS = "Enter a code or a SKU for the line in Miva, and pull the order again."
AD_HOC = 0  # the product_id of a line that was written into the order by hand


def identified(row: Row, fallback: Row, wanted: str, warnings: list[str]) -> str:
    """The wanted name of a product or part, else the other one, else those of the fallback; with a warning.

    A line by hand may have neither: then its description stands for the SKU. Unreadable when nothing is left.
    """
    if name := plain(text(row, wanted)):
        return name
    name = plain(text(row, OTHER[wanted]) or text(fallback, wanted) or text(fallback, OTHER[wanted]))
    title = plain(text(row, "name"))
    if name:
        warnings.append(
            f"{title or name} has no {NAMES[wanted]} in Miva; {name} is sent instead. "
            f"Enter its {NAMES[wanted]} in Miva, and a product of that name in Stone Edge."
        )
        return name
    if title and whole(row, "product_id", -1) == AD_HOC:
        warnings.append(
            f"{title} was added to the order by hand, without a code or SKU; its name is sent as SKU. "
            "Enter a code for the line in Miva, or choose the product when the order is imported."
        )
        return title
    raise Unreadable(f"{shown(text(row, 'name'))} has neither a code nor a SKU", NAMELESS)
