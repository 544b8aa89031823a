"""The list of stock as a file for spreadsheets."""

import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

from inventory.models import StockPush

COLUMNS = (
    *("merchant", "store", "sku", "miva_product_id", "in_miva", "in_miva_at", "drift"),
    *("waiting_count", "waiting_delta", "parked", "problem"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would calculate a text that begins so


class Echo:
    """A file that hands back what is written."""

    def write(self, value: str) -> str:
        """Return the line."""
        return value


def as_csv(rows: QuerySet[StockPush]) -> StreamingHttpResponse:
    """Return all rows as CSV, streamed."""
    response = StreamingHttpResponse(lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="stock-{timezone.now():%Y-%m-%d}.csv"'
    return response


def lines(rows: QuerySet[StockPush]) -> Iterator[str]:
    """Yield the lines."""
    writer = csv.writer(Echo())
    yield writer.writerow(COLUMNS)
    for push in rows.iterator(chunk_size=500):
        yield writer.writerow(cells(push))


def cells(push: Any) -> tuple[object, ...]:
    """Return a row's cells; times in UTC."""
    return (
        *(text(push.store.merchant.name), text(push.store.name), text(push.sku), push.product_id),
        *(push.figure, push.figure_at and f"{push.figure_at:%Y-%m-%d %H:%M:%S}", push.drift or 0),
        *(push.count, push.delta, "yes" if push.parked_at else "no", text(push.problem)),
    )


def text(value: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(FORMULA) else value
