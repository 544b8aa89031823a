"""Merchants with stores and people, and what the pages say."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from config.health import WORKER
from config.tasks import HEARTBEAT
from stores.models import Membership
from tests.factories import make_merchant, make_store

PASSWORD = "correct-horse-battery"


def make_member(merchant, name: str, role: str = "owner") -> User:
    """A person with a password who belongs to the merchant."""
    user = User.objects.create_user(name, name, PASSWORD)
    Membership.objects.create(user=user, merchant=merchant, role=role)
    return user


@pytest.fixture(autouse=True)
def _clock_runs():
    """Beat and a worker were heard just now."""
    cache.set(HEARTBEAT, time.time())
    cache.set(WORKER, time.time())


@pytest.fixture
def store(db):
    return make_store(merchant=make_merchant(name="Acme Mugs"), name="Acme Web", slug="acme-web")


@pytest.fixture
def owner(store) -> User:
    return make_member(store.merchant, "olga@acme.example")


@pytest.fixture
def client(owner) -> Client:
    """The owner's browser."""
    client = Client()
    client.force_login(owner)
    return client
