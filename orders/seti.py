"""The order functions of SETI: `ordercount` and `downloadorders` (SETI reference §2.2, §2.3)."""

from django.utils import timezone

from orders import documents, serve
from stores.models import Desktop
from stores.seti import responses
from stores.seti.requests import SetiRequest


def ordercount(desktop: Desktop, request: SetiRequest) -> bytes:
    """Answer how far a desktop has to page through `downloadorders`; the same selection decides both."""
    selection = serve.select(desktop.store, request.last_order or "", request.last_date, desktop)
    return responses.order_count_reply(selection.count())


def downloadorders(desktop: Desktop, request: SetiRequest) -> bytes:
    """Answer one batch of orders, ascending in the export sequence; code 2 when there is none (any more)."""
    asked_at, start = timezone.now(), request.start_number
    selection = serve.select(desktop.store, request.last_order or "", request.last_date, desktop, start)
    rows, orders = serve.batch(desktop.store, selection, start, request.batch_size)
    answer = responses.render_records("SETIOrders", orders)
    downloads = serve.note_download(desktop, rows, selection.after, asked_at)
    documents.keep(downloads, rows, orders)
    return answer
