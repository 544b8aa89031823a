"""A sandbox store that is connected, and whose regular pull is far away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from stores.models import PullCursor, Store
from stores.sandbox import SandboxStore, serve
from tests.factories import store_of


@pytest.fixture
def sandbox() -> SandboxStore:
    """A store whose generated orders are an hour old at least: what a test sells is all that was sold since."""
    sandbox = SandboxStore(seed=3, orders=8, clock=lambda: time.time() - 3600)
    sandbox.clock = time.time
    return sandbox


@pytest.fixture
def store(sandbox: SandboxStore) -> Iterator[Store]:
    with serve(sandbox) as server:
        store = store_of(sandbox, server, page_size=100)
        PullCursor.objects.filter(store=store).update(due_at=timezone.now() + timedelta(hours=1))
        yield store
