"""A merchant's store with orders in it, and programs that call the REST API."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orders.keep import keep
from orders.models import Order
from stores import tokens
from stores.models import ApiToken, Store
from stores.scopes import Scope
from tests.factories import make_store, raw_orders, without_lines


@dataclass
class Program:
    """Somebody's script with a token."""

    token: ApiToken
    secret: str
    client: Client

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request below /api/v1/; header names are written as in Python."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
        return self.client.generic(
            method,
            f"/api/v1/{path}",
            **sent,
            headers={"Authorization": f"Bearer {self.secret}"} | named,
        )

    def get(self, path: str, **headers: str) -> Any:
        """Read."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        """Make or do something."""
        return self.call("POST", path, body, **headers)


numbers = itertools.count(1)


def program(store: Store, *scopes: str, whole_merchant: bool = False) -> Program:
    """A program that may do this, or everything, with a store."""
    opened, name = None if whole_merchant else store, f"Warehouse {next(numbers)}"
    made = tokens.make(store.merchant, opened, name, scopes or tuple(Scope.values))
    return Program(*made, Client())


@pytest.fixture
def store() -> Store:
    """A store of a merchant."""
    return make_store()


@pytest.fixture
def warehouse(store: Store) -> Program:
    """A program that may do everything with the store."""
    return program(store)


def kept(store: Store, count: int = 3, seed: int = 1) -> list[Order]:
    """Orders that are ready for Stone Edge, in the order of their numbers."""
    keep(store, raw_orders(count, seed=seed), fetched_at=timezone.now(), road="queue_ack")
    return list(Order.objects.of(store).order_by("miva_id"))


def held(store: Store, seed: int = 7) -> Order:
    """An order that nothing can be made of."""
    raw = without_lines(raw_orders(1, seed=seed)[0]) | {"id": 900_000 + seed}
    keep(store, [raw], fetched_at=timezone.now(), road="queue_ack")
    return Order.objects.of(store).get(miva_id=raw["id"])
