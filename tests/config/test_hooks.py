"""/hooks/miva/<secret>/ as Miva meets it, and as somebody who forges, repeats, floods or guesses does."""

from __future__ import annotations

import json
import logging
import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config import hooks
from config.logs import JsonFormatter
from orders.models import Order, OrderHint
from stores import webhooks
from stores.connect import connect
from stores.miva import shapes
from stores.models import Exchange, WebhookSecret
from tests.factories import make_store, raw_orders

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
FEW = 3


@pytest.fixture(autouse=True)
def _nothing_counted(monkeypatch):
    monkeypatch.setattr(hooks, "windows", [hooks.Window(0)])


@pytest.fixture
def store():
    return make_store()


@pytest.fixture
def secret(store) -> str:
    return webhooks.issue(store).secret


@pytest.fixture
def miva() -> Client:
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


def post(miva, secret, body, path="/hooks/miva/{}/"):
    return miva.post(path.format(secret), body, content_type="application/json")


def hinted(store) -> list[int]:
    return list(OrderHint.objects.of(store).order_by("miva_id").values_list("miva_id", flat=True))


def posted(**changes) -> bytes:
    return shapes.encode(raw_orders()[0] | changes)


# Taken ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/hooks/miva/{}/", "/hooks/miva/{}"])
def test_a_posted_order_becomes_a_hint_of_its_number(store, secret, miva, path):
    answer = post(miva, secret, posted(id=10057), path)
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert hinted(store) == [10057]


@pytest.mark.parametrize("path", ["/hooks/miva/{}/?Order_ID=10057", "/hooks/miva/{}?Order_ID=10057"])
def test_a_get_with_the_order_number_becomes_a_hint(store, secret, miva, path):
    assert miva.get(path.format(secret)).status_code == 200
    assert hinted(store) == [10057]


def test_an_order_with_a_number_beyond_any_sense_is_a_hint_all_the_same(store, secret, miva):
    assert post(miva, secret, b'{"id": 13, "total": 1e99999999999999999999}').status_code == 200
    assert hinted(store) == [13]


def test_the_address_never_redirects_and_sets_no_cookie(store, secret, settings):
    settings.SECURE_SSL_REDIRECT = True
    answer = post(Client(), secret, posted())
    assert answer.status_code == 200
    assert not answer.cookies


def test_a_doubled_webhook_is_one_hint_that_was_said_again(store, secret, miva):
    post(miva, secret, posted(id=7))
    [before] = OrderHint.objects.of(store)
    post(miva, secret, posted(id=7))
    [after] = OrderHint.objects.of(store)
    assert after.pk == before.pk
    assert after.mark != before.mark


def test_an_order_of_a_store_with_a_wrong_character_set_is_understood(store, secret, miva):
    post(miva, secret, b'{"id": 12, "ship_city": "M\xfcnchen"}')
    assert hinted(store) == [12]


def test_an_accepted_webhook_costs_few_queries(secret, miva):
    post(miva, secret, posted())
    with CaptureQueriesContext(connection) as queries:
        post(miva, secret, posted())
    statements = [
        query["sql"].split()[0] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))
    ]
    assert statements == ["SELECT", "INSERT"]  # the secret, the hint


# Not believed -----------------------------------------------------------------------------------------------------
def test_nothing_of_a_forged_body_but_the_number_is_stored_anywhere(store, secret, miva):
    post(
        miva, secret, posted(id=99, total=0.01, ship_fname="FORGED", notes=[{"notetext": "4111111111111111"}])
    )
    assert not Order.objects.exists()
    rows = [*OrderHint.objects.values(), *Exchange.objects.values()]
    assert "FORGED" not in str(rows)
    assert "4111" not in str(rows)


def test_a_body_that_names_another_store_is_a_hint_of_the_secrets_own_store(store, secret, miva):
    other = make_store()
    post(miva, secret, posted(id=5, store_id=other.pk, Store_Code=other.store_code))
    assert hinted(store) == [5]
    assert hinted(other) == []


GARBAGE = {
    "empty": b"",
    "not json": b"<html>",
    "cut": b'{"id": 10057, "items": [',
    "no number": b'{"total": 5}',
    "a list": b'[{"id": 5}]',
    "a text": b'{"id": "10057; DROP TABLE"}',
    "true": b'{"id": true}',
    "zero": b'{"id": 0}',
    "negative": b'{"id": -4}',
    "fraction": b'{"id": 1.5}',
    "too large": b'{"id": 99999999999999999999999999}',
    "deep": b"[" * 200_000,
    "bytes": bytes(range(256)),
}


@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE)
def test_a_webhook_that_names_no_order_is_a_hint_to_look_at_the_store(store, secret, miva, body):
    assert post(miva, secret, body).status_code == 200
    assert hinted(store) == [0]


def test_a_get_with_more_digits_than_any_number_is_a_hint_to_look_at_the_store(store, secret, miva):
    assert miva.get(f"/hooks/miva/{secret}/?Order_ID={'9' * 5_000}").status_code == 200
    assert hinted(store) == [0]


def test_a_get_without_a_number_is_a_hint_to_look_at_the_store(store, secret, miva):
    for query in ("", "?Order_ID=", "?Order_ID=x", "?Order_ID=%00"):
        assert miva.get(f"/hooks/miva/{secret}/{query}").status_code == 200
    assert hinted(store) == [0]


def test_an_odd_webhook_is_in_the_journal_once_in_a_while(store, secret, miva, time_machine):
    time_machine.move_to("2026-11-21T12:00:01Z", tick=False)
    for _ in range(FEW):
        post(miva, secret, b"?")
    [entry] = Exchange.objects.all()
    assert (entry.store, entry.direction, entry.outcome) == (store, "webhook", "refused")
    assert "named no order" in entry.error


def test_a_body_larger_than_any_order_is_read_to_the_end_and_not_understood(store, secret, miva):
    body = b'{"id": 10057, "x": "' + b"x" * hooks.MOST_BYTES + b'"}'
    assert post(miva, secret, body).status_code == 200
    assert hinted(store) == [0]


@pytest.mark.parametrize("method", ["put", "delete", "patch", "head", "options"])
def test_other_methods_are_told_which_two_there_are(secret, miva, method):
    answer = getattr(miva, method)(f"/hooks/miva/{secret}/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST, GET")
    assert not OrderHint.objects.exists()


# The secret -------------------------------------------------------------------------------------------------------
def wrong_secrets(store, secret) -> dict[str, str]:
    """Secrets that are none, by what is wrong with them."""
    off, merchant_off = make_store(active=False), make_store()
    merchant_off.merchant.active = False
    merchant_off.merchant.save()
    retired = webhooks.issue(make_store())
    webhooks.retire(retired)
    return {
        "unknown": "x" * 43,
        "retired": retired.secret,
        "store off": webhooks.issue(off).secret,
        "merchant off": webhooks.issue(merchant_off).secret,
        "empty": "",
        "short": secret[:-1],
        "other case": secret.swapcase(),
        "digest": webhooks.digest_of(secret),
        "strange": "%00%ff%F0%9F%92%A9'",
        "long": "y" * 3_000,
    }


def asked(miva, secret, method="post") -> tuple:
    """Everything that a caller or a clock could see: status, bytes, headers, and the shape of the queries."""
    with CaptureQueriesContext(connection) as queries:
        answer = getattr(miva, method)(f"/hooks/miva/{secret}/")
    headers = {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}
    shapes_of_queries = tuple(re.sub(r"[0-9a-f]{64}", "?", query["sql"]) for query in queries)
    return answer.status_code, answer.content, tuple(headers.items()), shapes_of_queries


@pytest.mark.parametrize("method", ["post", "get", "put"])
def test_every_wrong_secret_gets_the_same_bytes_after_the_same_query(store, secret, miva, method):
    answers = {what: asked(miva, wrong, method) for what, wrong in wrong_secrets(store, secret).items()}
    assert len(set(answers.values())) == 1, answers
    status, _, _, queries = answers["unknown"]
    assert status == 404
    assert len(queries) == 1
    assert not OrderHint.objects.exists()


def test_two_secrets_are_good_at_once_and_a_retired_one_is_not(store, secret, miva):
    new = webhooks.issue(store).secret
    assert post(miva, secret, posted(id=1)).status_code == 200
    assert post(miva, new, posted(id=2)).status_code == 200
    webhooks.retire(WebhookSecret.objects.get(digest=webhooks.digest_of(secret)))
    assert post(miva, secret, posted(id=3)).status_code == 404
    assert post(miva, new, posted(id=4)).status_code == 200
    assert hinted(store) == [1, 2, 4]


def test_when_an_address_was_called_is_noted_once_a_minute(store, secret, miva, time_machine):
    time_machine.move_to("2026-11-21T12:00:00Z", tick=False)
    seen = []
    for seconds in (0, 59, 61):
        time_machine.move_to(f"2026-11-21T12:{seconds // 60:02}:{seconds % 60:02}Z", tick=False)
        post(miva, secret, posted())
        seen.append(
            WebhookSecret.objects.get().last_used_at.second
            + 60 * WebhookSecret.objects.get().last_used_at.minute
        )
    assert seen == [0, 0, 61]


def test_the_secret_is_in_no_log_line_and_no_row_in_the_clear(store, secret, miva, caplog, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    caplog.set_level(logging.DEBUG)
    post(miva, secret, posted())
    post(miva, secret, b"?")
    miva.put(f"/hooks/miva/{secret}/")
    miva.get(f"/hooks/miva/{secret}/", headers={"host": "elsewhere.example"})
    with connection.execute_wrapper(broken):
        assert post(miva, secret, posted()).status_code == 503
    formatted = JsonFormatter()
    assert caplog.records
    assert secret not in "".join(formatted.format(record) for record in caplog.records)
    assert secret not in str([*Exchange.objects.values(), *OrderHint.objects.values()])
    assert secret.encode() not in stored_bytes()


def stored_bytes() -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM stores_webhooksecret")
        return b"".join(bytes(row[0]) for row in cursor.fetchall())


# Floods and failures ----------------------------------------------------------------------------------------------
@pytest.fixture
def _little_room(monkeypatch):
    monkeypatch.setattr(hooks, "MOST_IN_WINDOW", FEW)


@pytest.mark.usefixtures("_little_room")
def test_a_flood_is_refused_and_the_store_is_looked_at_when_it_is_over(store, secret, miva, time_machine):
    time_machine.move_to("2026-11-21T12:00:04Z", tick=False)
    answers = [post(miva, secret, posted(id=number)) for number in range(1, 9)]
    assert [answer.status_code for answer in answers] == [200] * FEW + [429] * 5
    assert answers[-1]["Retry-After"] == "7"
    assert hinted(store) == [0, 1, 2, 3]
    assert OrderHint.objects.get(miva_id=0).not_before.isoformat() == "2026-11-21T12:00:10+00:00"
    [entry] = Exchange.objects.all()
    assert (entry.http_status, entry.outcome) == (429, "refused")


@pytest.mark.usefixtures("_little_room")
def test_a_flood_that_does_not_end_puts_the_look_at_the_store_off_only_once(
    store, secret, miva, time_machine
):
    for moment in ("04", "14", "24"):
        time_machine.move_to(f"2026-11-21T12:00:{moment}Z", tick=False)
        for number in range(1, 9):
            post(miva, secret, posted(id=number))
    assert OrderHint.objects.get(miva_id=0).not_before.isoformat() == "2026-11-21T12:00:10+00:00"


@pytest.mark.usefixtures("_little_room")
def test_what_a_flood_names_after_the_look_at_the_store_is_looked_at_again(store, secret, miva, time_machine):
    for second in (4, 5):
        time_machine.move_to(f"2026-11-21T12:00:0{second}Z", tick=False)
        for number in range(1, 9):
            post(miva, secret, posted(id=number))
        assert OrderHint.objects.get(miva_id=0).not_before.isoformat() == "2026-11-21T12:00:10+00:00"
        OrderHint.objects.filter(miva_id=0).delete()
    assert Exchange.objects.count() == 1


@pytest.mark.usefixtures("_little_room")
def test_after_a_flood_the_next_webhook_is_taken_again(store, secret, miva, time_machine):
    time_machine.move_to("2026-11-21T12:00:04Z", tick=False)
    for number in range(1, 9):
        post(miva, secret, posted(id=number))
    time_machine.move_to("2026-11-21T12:00:11Z", tick=False)
    assert post(miva, secret, posted(id=9)).status_code == 200


@pytest.mark.usefixtures("_little_room")
def test_one_stores_flood_does_not_throttle_another(secret, miva):
    for number in range(1, 9):
        post(miva, secret, posted(id=number))
    other = make_store()
    assert post(miva, webhooks.issue(other).secret, posted(id=1)).status_code == 200


def test_a_store_with_very_many_waiting_hints_is_pulled_instead(store, secret, miva, monkeypatch):
    monkeypatch.setattr(hooks, "MOST_WAITING", FEW)
    OrderHint.objects.bulk_create([OrderHint(store=store, miva_id=number) for number in range(1, FEW + 1)])
    assert post(miva, secret, posted(id=50)).status_code == 429
    assert hinted(store) == [0, 1, 2, 3]


def test_how_many_hints_wait_is_looked_at_now_and_then_not_each_time(store, secret, miva, monkeypatch):
    monkeypatch.setattr(hooks, "LOOKED_EACH", 5)
    monkeypatch.setattr(hooks, "MOST_WAITING", FEW)
    answers = [post(miva, secret, posted(id=number)).status_code for number in range(1, 13)]
    assert answers == [200] * 5 + [429] * 7


def test_without_the_cache_the_webhook_is_on_disk_and_answered(
    store, secret, miva, settings, django_capture_on_commit_callbacks
):
    dead = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1"}
    settings.CACHES = {"default": dead}
    with django_capture_on_commit_callbacks(execute=True) as nudges:
        assert post(miva, secret, posted(id=10057)).status_code == 200
    assert len(nudges) == 1
    assert hinted(store) == [10057]


def broken(execute, sql, params, many, context):
    raise OperationalError("the database went away")


def test_without_the_database_the_answer_says_so_instead_of_claiming_success(secret, miva):
    with connection.execute_wrapper(broken):
        answer = post(miva, secret, posted())
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")


def test_a_hint_that_is_put_off_is_not_hurried_by_its_repetition(store, secret, miva):
    later = timezone.now() + timedelta(minutes=5)
    OrderHint.objects.create(store=store, miva_id=10057, not_before=later, failures=2, problem_kind="down")
    post(miva, secret, json.dumps({"id": 10057}))
    assert OrderHint.objects.get().not_before == later


# What the merchant is given ---------------------------------------------------------------------------------------
def test_the_address_that_a_connected_store_is_given_is_answered(miva, settings):
    settings.PUBLIC_URL = "https://portal.example.com"
    connected = connect(
        merchant="Acme",
        name="Shop",
        endpoint="https://93.184.215.14/mm5/json.mvc",
        store_code="S",
        check=False,
    )
    prefix, path = connected.webhook_url.split("/hooks/")
    assert prefix == "https://portal.example.com"
    assert miva.get(f"/hooks/{path}?Order_ID=3").status_code == 200
    assert hinted(connected.store) == [3]


def test_a_third_live_address_is_refused_until_one_is_retired(store, secret):
    webhooks.issue(store)
    with pytest.raises(ValidationError, match="Retire the one that Miva no longer calls"):
        webhooks.issue(store)
    webhooks.retire(webhooks.live(store)[0])
    webhooks.issue(store)
    assert webhooks.live(store).count() == 2


def test_support_can_read_the_address_again(store, secret):
    assert webhooks.webhook_url(WebhookSecret.objects.get()).endswith(f"/hooks/miva/{secret}/")
