"""A sandbox store that is connected, and whose regular pull is far away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from stores.models import PullCursor, Store
from stores.sandbox import SandboxStore, serve
from tests.factories import store_of


@pytest.fixture
def sandbox() -> SandboxStore:
    return SandboxStore(seed=3, orders=8)


@pytest.fixture
def store(sandbox: SandboxStore) -> Iterator[Store]:
    with serve(sandbox) as server:
        store = store_of(sandbox, server, page_size=100)
        PullCursor.objects.filter(store=store).update(due_at=timezone.now() + timedelta(hours=1))
        yield store
