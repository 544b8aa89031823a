"""What desktops were given, to the byte: kept beside each download for some months, for whoever asks what Stone Edge got.

The orders that it was made of were freed of card data before they were kept.
"""

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Q

from orders.models import Download, DownloadDocument, Order
from stores.pruning import forget

KEPT = timedelta(days=90)
BETWEEN = "\0"  # no XML has it
LEVEL = 1  # of compression: a desktop waits; it still makes a tenth of it


def keep(downloads: Sequence[Download], rows: Sequence[Order], rendered: Sequence[str]) -> None:
    """Keep the XML of the orders of an answer beside the downloads that it was noted as."""
    by_place = {row.export_number: text for row, text in zip(rows, rendered, strict=True)}
    made = [
        DownloadDocument(download=download, content=packed([by_place[number] for number in download.numbers]))
        for download in downloads
    ]
    DownloadDocument.objects.bulk_create(made)
    if made:
        DownloadDocument.objects.filter(reduce(or_, map(same_before, made))).delete()


def same_before(made: DownloadDocument) -> Q:
    """Return the condition that an earlier document says the same of the same orders: asking for ever fills no disk."""
    whose = {name: getattr(made.download, name) for name in ("store", "first_number", "last_number")}
    same = Q(**{f"download__{name}": value for name, value in whose.items()}, content=made.content)
    return same & Q(pk__lt=made.download.pk)


def packed(documents: Sequence[str]) -> bytes:
    """Return texts as they are kept."""
    return zlib.compress(BETWEEN.join(documents).encode(), LEVEL)


def covering(order: Order, download: str = "") -> Q:
    """Return the condition that a download, or the one behind this name, held one of the order's places; none when it has none."""
    prefix, found = f"{download}__" if download else "", Q(pk__in=[])
    for place in order.places:
        found |= Q(**{f"{prefix}first_number__lte": place, f"{prefix}last_number__gte": place})
    return Q(**{f"{prefix}store": order.store_id}) & found


def latest(order: Order) -> tuple[Download, str] | None:
    """Return the last download of the order whose text is kept, and the order's XML in it; None when there is none."""
    rows = DownloadDocument.objects.filter(covering(order, "download")).order_by("-pk")
    row = rows.select_related("download__desktop").first()
    if row is None:
        return None
    numbers = row.download.numbers
    place = next(place for place in order.places if place in numbers)
    return row.download, zlib.decompress(row.content).decode().split(BETWEEN)[numbers.index(place)]


def prune(now: datetime) -> int:
    """Forget texts that are older than KEPT; returns how many."""
    return forget(DownloadDocument.objects.filter(download__at__lt=now - KEPT))
