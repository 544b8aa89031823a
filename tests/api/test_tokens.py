"""Tokens of the REST API."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from stores import tokens
from stores.access import ATTEMPTS_PER_LOGIN
from stores.management.commands.api_token import Command
from stores.models import ApiToken, AuditEntry
from stores.scopes import Scope
from tests.api.conftest import Program, program
from tests.factories import make_merchant, make_store

pytestmark = pytest.mark.django_db


def test_the_database_holds_a_hash_and_never_the_token(store):
    made, secret = tokens.make(store.merchant, store, "Warehouse", ["orders:read"])
    assert secret.startswith(made.prefix)
    assert secret[len(made.prefix) :] not in str(vars(ApiToken.objects.get()))


def test_making_a_token_is_noted_without_it(store):
    _, secret = tokens.make(store.merchant, None, "Warehouse", ["orders:read"])
    noted = AuditEntry.objects.get(verb="API token made")
    assert noted.merchant == store.merchant
    assert secret not in str(vars(noted))


def test_a_token_needs_known_scopes_and_a_store_of_its_merchant(store):
    with pytest.raises(ValidationError, match="orders:eat is no scope"):
        tokens.make(store.merchant, store, "Warehouse", ["orders:eat"])
    with pytest.raises(ValidationError, match="is not a store of"):
        tokens.make(make_merchant(), store, "Warehouse", ["orders:read"])


@pytest.mark.parametrize("header", ["", "Bearer", "Basic abc", "Bearer c2c_nobody_at_all", "Bearer ü\0"])
def test_who_has_no_token_is_told_how_to_send_one(client, store, header):
    answer = client.get("/api/v1/stores/", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["type"] == "/api/v1/problems/unauthenticated/"


def test_a_token_that_was_revoked_or_has_ended_is_refused(store):
    caller = program(store)
    assert caller.get("stores/").status_code == 200
    assert tokens.revoke(caller.token)
    assert caller.get("stores/").status_code == 401
    assert not tokens.revoke(caller.token)
    other = program(store)
    ApiToken.objects.filter(pk=other.token.pk).update(expires_at=timezone.now())
    assert other.get("stores/").status_code == 401


def test_a_token_of_a_merchant_who_is_switched_off_is_refused(store):
    caller = program(store)
    type(store.merchant).objects.filter(pk=store.merchant_id).update(active=False)
    assert caller.get("stores/").status_code == 401


def test_guessing_ends_after_some_attempts(store):
    caller = program(store)
    wrong = Program(caller.token, caller.secret[:-1] + "?", Client())
    for _ in range(ATTEMPTS_PER_LOGIN):
        assert wrong.get("stores/").status_code == 401
    assert "Too many" in caller.get("stores/").json()["detail"]


def test_after_a_rotation_both_tokens_are_good_until_the_overlap_ends(store):
    caller = program(store)
    new, secret = tokens.rotate(caller.token, timedelta(hours=2))
    replacement = Program(new, secret, Client())
    assert (new.scopes, new.store_id) == (caller.token.scopes, store.pk)
    assert caller.get("stores/").status_code == replacement.get("stores/").status_code == 200
    caller.token.refresh_from_db()
    assert timedelta(minutes=119) < caller.token.expires_at - timezone.now() <= timedelta(hours=2)
    assert tokens.rotate(caller.token) is None
    ApiToken.objects.filter(pk=caller.token.pk).update(expires_at=timezone.now())
    assert caller.get("stores/").status_code == 401
    assert replacement.get("stores/").status_code == 200


def test_a_rotation_lengthens_no_token_that_ends_sooner(store):
    soon = timezone.now() + timedelta(minutes=5)
    token, _ = tokens.make(store.merchant, store, "Warehouse", ["orders:read"], soon)
    tokens.rotate(token, timedelta(hours=24))
    token.refresh_from_db()
    assert token.expires_at == soon


def test_the_last_use_is_written_at_most_once_a_minute(store):
    caller = program(store)
    caller.get("stores/")
    first = ApiToken.objects.get().last_used_at
    caller.get("stores/")
    assert ApiToken.objects.get().last_used_at == first is not None
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    caller.get("stores/")
    assert ApiToken.objects.get().last_used_at > first


@pytest.mark.parametrize("missing", list(Scope))
def test_without_a_scope_its_resources_are_refused_by_name(store, missing):
    others = [scope for scope in Scope.values if scope != missing]
    caller = program(store, *others)
    method, path = NEEDING[missing]
    answer = caller.call(
        method, f"stores/{store.slug}/{path}".rstrip("/") + "/", {} if method == "POST" else None
    )
    assert answer.status_code == 403
    assert missing in answer.json()["detail"]


NEEDING = {
    Scope.STORES_READ: ("GET", ""),
    Scope.ORDERS_READ: ("GET", "orders/export"),
    Scope.ORDERS_WRITE: ("POST", "orders/1/resend"),
    Scope.SHIPMENTS_READ: ("GET", "shipments"),
    Scope.SHIPMENTS_WRITE: ("POST", "shipments"),
    Scope.STOCK_READ: ("GET", "stock/levels"),
    Scope.STOCK_WRITE: ("POST", "stock/changes"),
    Scope.CATALOGUE_READ: ("GET", "products"),
    Scope.CUSTOMERS_READ: ("GET", "customers"),
    Scope.MAPPINGS_READ: ("GET", "payment-mappings"),
    Scope.MAPPINGS_WRITE: ("POST", "status-meanings"),
    Scope.EXCHANGES_READ: ("GET", "exchanges"),
    Scope.BACKFILLS_READ: ("GET", "backfills"),
    Scope.BACKFILLS_WRITE: ("POST", "backfills"),
    Scope.WEBHOOKS_READ: ("GET", "webhook-subscriptions/"),
    Scope.WEBHOOKS_WRITE: ("POST", "webhook-subscriptions/"),
    Scope.AUDIT_READ: ("GET", "audit-entries"),
}


def asked(capsys, *arguments: str):
    call_command("api_token", *arguments, "--json")
    return json.loads(capsys.readouterr().out)


def test_the_command_makes_rotates_lists_and_revokes(store, capsys):
    made = asked(capsys, "make", "--store", store.slug, "--name", "Warehouse", "--scopes", "stores:read")
    assert Program(ApiToken.objects.get(), made["token"], Client()).get("stores/").status_code == 200
    rotated = asked(capsys, "rotate", made["prefix"], "--hours", "1")
    assert rotated["token"] != made["token"]
    assert {each["prefix"] for each in asked(capsys, "list")["tokens"]} == {made["prefix"], rotated["prefix"]}
    asked(capsys, "revoke", made["prefix"])
    assert [each["prefix"] for each in asked(capsys, "list")["tokens"]] == [rotated["prefix"]]
    with pytest.raises(CommandError, match="has ended"):
        call_command("api_token", "revoke", made["prefix"])


@pytest.mark.parametrize("days", ["0", "-5", "99999999999", "soon"])
def test_the_command_makes_no_token_with_a_length_that_cannot_be_meant(store, capsys, days):
    words = ["--store", store.slug, "--name", "Warehouse", "--scopes", "stores:read", "--days", days]
    assert "between 1 and 3650" in refused_usage(capsys, "make", *words)
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("hours", ["-1", "721"])
def test_the_command_rotates_with_the_overlaps_of_the_admin(store, capsys, hours):
    prefix = program(store).token.prefix
    assert "between 0 and 720" in refused_usage(capsys, "rotate", prefix, "--hours", hours)
    assert ApiToken.objects.count() == 1


def refused_usage(capsys, *arguments: str) -> str:
    """What manage.py says about a wrong usage, with its exit code 2."""
    with pytest.raises(SystemExit) as ended:
        Command().run_from_argv(["manage.py", "api_token", *arguments])
    assert ended.value.code == 2
    return capsys.readouterr().err


@pytest.fixture
def support(client):
    client.force_login(User.objects.create_superuser("support", "s@example.com", "correct-horse-battery"))
    return client


def test_a_token_that_is_made_in_the_admin_is_shown_once(support, store):
    page = support.post(
        reverse("admin:stores_apitoken_add"),
        {"name": "Warehouse", "merchant": store.merchant_id, "store": store.pk, "scopes": ["stores:read"]},
    )
    token = ApiToken.objects.get()
    secret = page.context["secret"]
    assert secret in page.content.decode()
    assert Program(token, secret, Client()).get("stores/").status_code == 200
    again = support.get(reverse("admin:stores_apitoken_change", args=[token.pk])).content.decode()
    assert secret not in again
    assert token.digest not in again


def test_the_admin_rotates_and_revokes_once_the_person_is_sure(support, store):
    token = program(store).token
    page = support.post(
        reverse("admin:stores_apitoken_rotate", args=[token.pk]), {"hours": "3", "sure": "yes"}
    )
    new = ApiToken.objects.exclude(pk=token.pk).get()
    assert Program(new, page.context["secret"], Client()).get("stores/").status_code == 200
    support.post(reverse("admin:stores_apitoken_revoke", args=[new.pk]), {"sure": "yes"})
    new.refresh_from_db()
    assert not new.live


def test_a_merchants_token_knows_all_his_stores_and_no_other(store):
    second, stranger = make_store(merchant=store.merchant), make_store()
    caller = program(store, whole_merchant=True)
    slugs = [each["slug"] for each in caller.get("stores/").json()["results"]]
    assert slugs == sorted([store.slug, second.slug])
    assert caller.get(f"stores/{stranger.slug}/").status_code == 404
    assert program(store).get(f"stores/{second.slug}/orders/").status_code == 404


def test_a_form_that_is_sent_twice_makes_one_token_and_says_what_to_do(store, admin_client):
    form = {"name": "Warehouse", "merchant": store.merchant_id, "store": store.pk, "scopes": ["orders:read"]}
    address = "/admin/stores/apitoken/add/"
    shown = admin_client.post(address, form)
    token = ApiToken.objects.get()
    assert re.search(rf"{token.prefix}_\w+", shown.content.decode())
    assert "no-store" in shown["Cache-Control"]
    again = admin_client.post(address, form | {"name": "warehouse"}).content.decode()
    assert "is there already, and was shown once" in again
    assert ApiToken.objects.count() == 1


def test_a_name_is_free_again_when_its_token_is_over_and_for_another_store(store):
    with pytest.raises(ValidationError):
        [tokens.make(store.merchant, store, "Warehouse", ["orders:read"]) for _ in range(2)]
    tokens.revoke(ApiToken.objects.get())
    tokens.make(store.merchant, store, "Warehouse", ["orders:read"])
    tokens.make(store.merchant, None, "Warehouse", ["orders:read"])
    tokens.make(make_store().merchant, None, "Warehouse", ["orders:read"])
