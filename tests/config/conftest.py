"""A desktop that talks to /seti/ through Django's test client."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.test import Client

from tests.factories import make_desktop, make_store


@dataclass
class Caller:
    """A Stone Edge desktop at the level of forms."""

    username: str
    password: str
    code: str = ""
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def ask(self, function: str, **parameters: str):
        """The whole response to one function."""
        form = {
            "setifunction": function,
            "setiuser": self.username,
            "password": self.password,
            "code": self.code,
            "omversion": "7.500",
        }
        return self.post(urlencode(form | parameters).encode())

    def post(
        self, body: bytes, content_type: str = "application/x-www-form-urlencoded", address: str = "/seti/"
    ):
        """The response to any bytes."""
        return self.client.post(address, body, content_type=content_type)

    def text(self, function: str, **parameters: str) -> str:
        """The answer's text."""
        response = self.ask(function, **parameters)
        assert response.status_code == 200
        return response.content.decode()


@pytest.fixture(autouse=True)
def _no_counts_from_other_tests():
    cache.clear()


@pytest.fixture
def store(db):
    return make_store()


@pytest.fixture
def caller(store):
    desktop, password = make_desktop(store)
    return Caller(desktop.username, password, desktop.store_code)
