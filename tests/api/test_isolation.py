"""Every address and method of the REST API with another merchant's token: it is not there, and nothing changes."""

from __future__ import annotations

import re

import pytest
from django.apps import apps

from config.api import routes
from stores.models import Exchange
from tests.api.conftest import program
from tests.api.everything import LISTS, NUMBER, fill
from tests.factories import make_store

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def addresses(store) -> list[str]:
    """Every address of the router, about this store and its rows."""
    found = set()
    for route in routes():
        text = str(route.pattern).removeprefix("^").removesuffix("$").removesuffix("\\Z").replace("\\", "")
        text = re.sub(
            r"\(\?P<(\w+)>[^)]*\)", lambda name: store.slug if name[1] == "store" else str(NUMBER), text
        )
        assert "(" not in text, text
        found.add(text)
    return sorted(found)


def state() -> dict[str, int]:
    """All rows that there are, but for what is written by calling: when a token was last used."""
    found = {}
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy and model._meta.app_label != "sessions":
            rows = model._default_manager.values_list().order_by("pk")
            if model is Exchange:  # the calls themselves
                rows = rows.exclude(direction="api")
            found[model._meta.label] = (
                hash(str(list(rows))) if model._meta.label != "stores.ApiToken" else rows.count()
            )
    return found


def test_every_address_and_method_is_not_there_for_another_merchants_token():
    mine, theirs = make_store(), make_store()
    fill(mine)
    stranger, owner = program(theirs, whole_merchant=True), program(mine)
    checked, before = 0, None
    for address in addresses(mine):
        if address == "stores/":
            continue
        assert owner.get(address).status_code == 200 or address.rstrip("/").rsplit("/", 1)[-1] in DONE, (
            address
        )
        before = before or state()
        for method in METHODS:
            answer = stranger.call(method, address, {} if method in ("POST", "PUT", "PATCH") else None)
            assert answer.status_code in (404, 405), (method, address, answer.status_code)
            if answer.status_code == 405:
                allowed = owner.call(method, address)["Allow"]
                assert method not in allowed, (method, address)
            checked += 1
    assert checked > 200
    assert state() == before


def test_no_address_is_answered_without_a_token(client):
    mine = make_store()
    fill(mine)
    for address in addresses(mine):
        for method in ("get", "post"):
            answer = getattr(client, method)(f"/api/v1/{address}")
            assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="connect2cart"')


DONE = ("resend", "ignore", "release", "retry", "pause", "resume", "cancel", "ping", "replay", "hold")


def test_a_row_of_another_store_of_the_same_merchant_is_not_below_this_one():
    mine = make_store()
    fill(mine)
    other = make_store(merchant=mine.merchant)
    caller = program(mine, whole_merchant=True)
    for name in LISTS:
        assert caller.get(f"stores/{mine.slug}/{name}/{NUMBER}/").status_code == 200, name
        assert caller.get(f"stores/{other.slug}/{name}/{NUMBER}/").status_code == 404, name
        query = "?direction=miva" if name == "exchanges" else ""
        assert caller.get(f"stores/{other.slug}/{name}/{query}").json()["results"] == [], name


def test_the_list_of_stores_names_no_store_of_anybody_else():
    mine, _ = make_store(), make_store()
    assert [each["slug"] for each in program(mine).get("stores/").json()["results"]] == [mine.slug]
