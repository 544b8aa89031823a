"""Each parallel worker of the test run has a broker of its own: what one test sends, no other test reads or deletes."""

from __future__ import annotations

import os
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings

BEHIND_THE_CACHES = 33  # the workers' caches have the first databases, the portal's broker has number 0


def broker_of(worker: str) -> tuple[str, str]:
    """The address of this worker's database, for Redis and for Celery."""
    number = BEHIND_THE_CACHES + int(worker.removeprefix("gw"))
    if settings.REDIS_URL.startswith("unix:"):
        address = settings.REDIS_URL.partition("?")[0]
        return f"{address}?db={number}", f"redis+socket{address.removeprefix('unix')}?virtual_host={number}"
    address = urlunsplit(urlsplit(settings.REDIS_URL)._replace(path=f"/{number}"))
    return address, address


settings.REDIS_URL, settings.CELERY_BROKER_URL = broker_of(os.environ.get("PYTEST_XDIST_WORKER", "gw0"))
