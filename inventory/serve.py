"""What a desktop is given of our copy: counted and paged as the list was when its download began.

Pages are asked for one by one, by position, while a refresh may add, drop or turn rows (SETI reference §2.4, §5.1). So the list
is always that of a moment: of the desktop's last count or first page. Rows keep when they were listed and until when, and new
ones come at the end, so the list of a moment that is past does not change any more.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.utils import timezone
from redis.exceptions import RedisError

from inventory import catalog
from inventory.models import CatalogueRefresh, Customer, Product
from stores.models import Desktop, Store
from stores.seti.errors import SetiError

log = logging.getLogger(__name__)

Kind = CatalogueRefresh.Kind

CAP = 1000  # records in one answer when the desktop names no batch size (SETI reference §2.3: at least 500)
LARGEST_BATCH = 5000  # more would take longer than a desktop waits
COUNTED_JUST_NOW = timedelta(minutes=5)  # a first page so soon after a count belongs to it
SESSION = timedelta(hours=2)  # after its last page a download is over


def count(desktop: Desktop, kind: str) -> int:
    """Return how many rows the pages will have; with this a download begins. Raises SetiError as `page` does."""
    return as_of(begin(desktop, kind), desktop.store, kind).count()


def page(desktop: Desktop, kind: str, start: int, size: int | None) -> list[Any]:
    """Return the rows of the places `start` (1-based) to `start + size - 1`; without a size, CAP of them.

    Raises SetiError for a size over LARGEST_BATCH, and while the copy has never been complete.
    """
    size = CAP if size is None else size
    if size > LARGEST_BATCH:
        raise SetiError(f"The batch size {size} is larger than {LARGEST_BATCH}. Ask for fewer at once.")
    moment = first_page(desktop, kind) if start == 1 else begun(desktop, kind)
    return list(as_of(moment, desktop.store, kind)[start - 1 : start - 1 + size])


def as_of(moment: datetime, store: Store, kind: str) -> QuerySet[Any]:
    """Return the list as it was at a moment, in an order that never changes."""
    refuse_unfilled(store, kind)
    model = Product if kind == Kind.PRODUCTS else Customer
    listed = Q(listed_at__lte=moment) & (Q(unlisted_at=None) | Q(unlisted_at__gt=moment))
    return model.objects.of(store).filter(listed).order_by("pk")


def refuse_unfilled(store: Store, kind: str) -> None:
    """Raise SetiError while the copy has never been complete: an empty list would pass for an empty store."""
    if catalog.filled_at(store, kind) is not None:
        return
    what = "products" if kind == Kind.PRODUCTS else "customers"
    last = CatalogueRefresh.objects.of(store).filter(kind=kind).order_by("-pk").first()
    if last is not None and last.problem:
        raise SetiError(
            f"The {what} could not be fetched from Miva yet: {last.problem} {last.remedy}".strip()
        )
    raise SetiError(
        f"The {what} of this store are being fetched from Miva for the first time. Try again in a few minutes."
    )


def begin(desktop: Desktop, kind: str) -> datetime:
    """Note that the desktop's download begins now; returns the moment."""
    moment = timezone.now()
    try:
        cache.set(key(desktop, kind), moment, SESSION.total_seconds())
    except (RedisError, OSError):
        log.warning("the begin of a download was not noted: the cache cannot be reached")
    return moment


def begun(desktop: Desktop, kind: str) -> datetime:
    """Return when the desktop's download began; now, when that is not known any more."""
    return noted(desktop, kind) or begin(desktop, kind)


def first_page(desktop: Desktop, kind: str) -> datetime:
    """Return the moment for a first page: that of the count just before it, else now."""
    moment = noted(desktop, kind)
    return moment if moment and timezone.now() - moment < COUNTED_JUST_NOW else begin(desktop, kind)


def noted(desktop: Desktop, kind: str) -> datetime | None:
    """Return what was noted; None when nothing was, or the cache cannot be reached."""
    try:
        moment: datetime | None = cache.get(key(desktop, kind))
        cache.touch(key(desktop, kind), SESSION.total_seconds())
    except (RedisError, OSError):
        log.warning("the begin of a download is not known: the cache cannot be reached")
        return None
    return moment


def key(desktop: Desktop, kind: str) -> str:
    """Return the cache's name for the desktop's download."""
    return f"catalogue-download:{desktop.pk}:{kind}"
