"""/hooks/miva/<secret>/: where Miva's order workflows say that something happened to an order.

Miva can neither log in nor sign, never repeats a webhook and ignores the answer (Miva reference §15). So the
address is the credential, the order number is all that is believed, and the answer is sent when it is kept.
"""

import logging
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import timezone

from orders import hints
from orders.content import number_of
from orders.tasks import nudge_hints
from stores import webhooks
from stores.context import request_id
from stores.models import Exchange

log = logging.getLogger(__name__)

MOST_BYTES = 2 * 1024 * 1024  # of an order; a hundred times an ordinary one
# Read and thrown away: after a connection that breaks off, Miva skips the workflow's other actions (§15).
MOST_DRAINED = 12 * 1024 * 1024
PIECE = 64 * 1024
WINDOW = 10  # seconds
MOST_IN_WINDOW = 500  # of one store to one process: an edit of hundreds of orders at once is no flood
MOST_WAITING = 10_000  # hints of one store on disk
LOOKED_EACH = 50  # webhooks of a store, after which this is looked at again
MASKED = "/hooks/miva/[secret]/"
METHODS = ("POST", "GET")  # the actions webhook_post_order and webhook_get

NAMELESS = (
    "The webhook named no order; the store is pulled instead. Miva posts the order, or sends Order_ID in a "
    "GET: check that the workflow has the address as it was given."
)
FLOOD = (
    "More than {most} webhooks in {seconds} seconds; the store is pulled instead. "
    "Check what triggers the workflow in Miva."
)
FULL = (
    "{most} orders that webhooks named wait to be fetched; the store is pulled instead. "
    "Check the store's connection."
)


def miva(request: HttpRequest, secret: str) -> HttpResponse:
    """Take one webhook: 200 when it is on disk, 404 for a secret that is not live, 429 for a flood.

    405 for other methods than Miva's two, 503 when the database cannot be used.
    """
    request.path = request.path_info = MASKED  # for whatever logs the request from here on
    began = time.perf_counter()
    try:
        store_id = webhooks.find(secret)
        if store_id is None:
            return plain("There is nothing at this address.", 404)
        if request.method not in METHODS:
            return plain("Send the webhook by POST or GET.", 405, Allow=", ".join(METHODS))
        return taken(request, store_id, began)
    except DatabaseError:
        log.exception("a webhook was not noted: the database cannot be used")
        return plain("The portal cannot note this now. Try again later.", 503, **{"Retry-After": "60"})


def taken(request: HttpRequest, store_id: int, began: float) -> HttpResponse:
    """Put the hint on disk and tell the workers."""
    refusal = refused(store_id)
    if refusal:
        return put_off(request, store_id, refusal, began)
    number = named(request)
    hints.record(store_id, number or hints.THE_STORE)
    if number is None and current_window().first("nameless", store_id):
        journal(request, store_id, NAMELESS, 200, began)
    transaction.on_commit(partial(nudge_hints, store_id))
    return plain("ok", 200)


def named(request: HttpRequest) -> int | None:
    """Return the order number that the webhook names, or None."""
    if request.method == "GET":
        return number_of({"id": request.GET.get("Order_ID", "").strip()})
    body = read(request)
    return hints.number_in(body) if body is not None else None


def read(request: HttpRequest) -> bytes | None:
    """Return the body; None when it is larger than any order, or broke off."""
    pieces, size = [], 0
    try:
        while size < MOST_DRAINED and (piece := request.read(PIECE)):
            size += len(piece)
            if size <= MOST_BYTES:
                pieces.append(piece)
    except UnreadablePostError:
        return None
    return b"".join(pieces) if size <= MOST_BYTES else None


def refused(store_id: int) -> str:
    """Return why the store's webhooks are not noted one by one at present, or nothing."""
    count = current_window().count(store_id)
    if count > MOST_IN_WINDOW:
        return FLOOD.format(most=MOST_IN_WINDOW, seconds=WINDOW)
    if count % LOOKED_EACH == 1 and hints.waiting(store_id, MOST_WAITING) >= MOST_WAITING:
        current_window().full.add(store_id)
    return FULL.format(most=MOST_WAITING) if store_id in current_window().full else ""


@dataclass
class Window:
    """What this process has had of each store in the seconds since `number` * WINDOW.

    In the process and not in the cache: what a flood uses up is the process, counting must cost less than it
    saves, and it must work without the cache.
    """

    number: int
    counts: Counter[int] = field(default_factory=Counter)
    full: set[int] = field(default_factory=set)
    told: set[tuple[str, int]] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, store_id: int) -> int:
        """Count one more webhook of the store; returns how many came in this window."""
        with self.lock:
            self.counts[store_id] += 1
            return self.counts[store_id]

    def first(self, what: str, store_id: int) -> bool:
        """Whether this is the first such event of the store in this window."""
        with self.lock:
            known = (what, store_id) in self.told
            self.told.add((what, store_id))
            return not known


windows = [Window(0)]


def current_window() -> Window:
    """Return the window of this moment."""
    number = int(time.time()) // WINDOW
    if windows[0].number != number:
        windows[0] = Window(number)  # two threads may both do this: then one webhook is not counted
    return windows[0]


def put_off(request: HttpRequest, store_id: int, refusal: str, began: float) -> HttpResponse:
    """Refuse a webhook, and have the store pulled when the window is over: that finds what it named."""
    left = WINDOW - time.time() % WINDOW
    # Each second and not only the first time: the hint of the window before may be taken up in the middle of this one.
    if current_window().first(f"refused in second {int(left)}", store_id):
        hints.record(store_id, not_before=timezone.now() + timedelta(seconds=left))
    if current_window().first("refused", store_id):
        journal(request, store_id, refusal, 429, began)
    return plain(refusal, 429, **{"Retry-After": str(int(left) + 1)})


def journal(request: HttpRequest, store_id: int, error: str, status: int, began: float) -> None:
    """Write a webhook that was odd into the journal, without anything of its body.

    Those that were taken are journalled with the orders that they brought (`orders.hints.journal`).
    """
    Exchange.objects.create(
        store_id=store_id,
        direction=Exchange.Direction.WEBHOOK,
        function="webhook",
        milliseconds=int((time.perf_counter() - began) * 1000),
        outcome=Exchange.Outcome.REFUSED,
        http_status=status,
        address=request.META.get("REMOTE_ADDR") or None,
        request_id=request_id.get(),
        request=f"{request.method}, {request.META.get('CONTENT_LENGTH') or 0} bytes"[:200],
        error=error,
    )


def plain(text: str, status: int, **headers: str) -> HttpResponse:
    """Return a line of text."""
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8", headers=headers)
