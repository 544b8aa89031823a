"""A shop and its store."""

import pytest

from stores.sandbox import SandboxStore, serve
from tests.factories import store_of


@pytest.fixture
def sandbox():
    return SandboxStore(seed=3)


@pytest.fixture
def store(sandbox):
    with serve(sandbox) as server:
        yield store_of(sandbox, server)
