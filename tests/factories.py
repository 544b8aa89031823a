"""Rows and raw orders that many tests need."""

from __future__ import annotations

import itertools
import time
from typing import Any

from stores.access import issue_desktop
from stores.miva import shapes
from stores.models import Desktop, Merchant, PullCursor, Store
from stores.sandbox import SandboxStore, Server

counter = itertools.count(1)


def make_merchant(**fields: Any) -> Merchant:
    """A saved merchant."""
    number = next(counter)
    return Merchant.objects.create(
        **{"name": f"Merchant {number}", "slug": f"merchant-{number}", "time_zone": "America/New_York"}
        | fields
    )


def make_store(**fields: Any) -> Store:
    """A saved store that leads nowhere."""
    number = next(counter)
    given = {
        "name": f"Store {number}",
        "slug": f"store-{number}",
        "endpoint": "https://127.0.0.1:9/mm5/json.mvc",
        "store_code": "SHOP",
        "token": "token-of-a-test",
        "signing_key": "c2lnbmluZy1rZXk",
        "requests_per_second": 200,  # the most there is: only the tests of the limit wait for it
    }
    merchant = fields.pop("merchant", None) or make_merchant()
    store = Store.objects.create(**given | {"merchant": merchant} | fields)
    PullCursor.objects.create(store=store)
    return store


def store_of(sandbox: SandboxStore, server: Server, **fields: Any) -> Store:
    """A saved store that is this sandbox."""
    return make_store(
        endpoint=server.endpoint,
        store_code=sandbox.store_code,
        token=sandbox.token,
        signing_key=sandbox.signing_key,
        **fields,
    )


def make_desktop(store: Store, **fields: Any) -> tuple[Desktop, str]:
    """A saved login of the store and its password."""
    desktop, password = issue_desktop(store)
    for name, value in fields.items():
        setattr(desktop, name, value)
    desktop.save()
    return desktop, password


def raw_orders(count: int = 1, seed: int = 1, **overrides: Any) -> list[dict[str, Any]]:
    """Raw orders as Miva sends them, each with its own number."""
    sandbox = SandboxStore(seed=seed, skipped_share=0.0)
    placed = [sandbox.place_order(**overrides) for _ in range(count)]
    return [as_sent(order) for order in placed]


def as_sent(order: dict[str, Any]) -> dict[str, Any]:
    """A copy of the order as it comes over the wire."""
    copy: dict[str, Any] = shapes.decode(shapes.encode(order))
    return copy


def later(raw: dict[str, Any], seconds: int = 60, **changes: Any) -> dict[str, Any]:
    """A later version of an order."""
    return as_sent(raw) | {"dt_updated": int(raw.get("dt_updated") or time.time()) + seconds} | changes


def without_lines(raw: dict[str, Any]) -> dict[str, Any]:
    """The order as nothing can be made of it: without lines."""
    return as_sent(raw) | {"items": []}
