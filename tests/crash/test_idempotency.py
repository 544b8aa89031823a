"""kill -9 of a process that answers a POST with an Idempotency-Key: the same request is done by whoever comes next, once."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from inventory.models import StockChange
from stores.models import IdempotencyKey
from tests.api.conftest import Program, program
from tests.crash.killing import killed_while_waiting
from tests.factories import make_store
from tests.portal import Portal

CHANGE = {"kind": "delta", "changes": [{"sku": "mug", "amount": -1}]}
POST = """
from django.test import Client
headers = {{"Authorization": "Bearer {secret}", "Idempotency-Key": "sale-1"}}
Client(SERVER_NAME="localhost").post("/api/v1/{path}", {body}, content_type="application/json", headers=headers)
"""


def sent(caller: Program, path: str) -> tuple[int, str | None]:
    answer = caller.post(path, CHANGE, Idempotency_Key="sale-1")
    return answer.status_code, answer.get("Idempotency-Replayed")


def test_killed_before_its_answer_a_request_is_repeated_under_its_key_with_one_effect(portal: Portal):
    store = make_store()
    caller, path = program(store), f"stores/{store.slug}/stock/changes/"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {StockChange._meta.db_table} IN SHARE MODE")  # nobody writes into it
        work = POST.format(secret=caller.secret, path=path, body=CHANGE)
        killed_while_waiting(portal.begin("shell", "-c", work))
    assert not StockChange.objects.exists()
    assert sent(caller, path) == (409, None), "its lease lasts on"
    IdempotencyKey.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert [sent(caller, path) for _ in range(2)] == [(201, None), (201, "true")]
    assert StockChange.objects.count() == 1
