"""What is written twice counts twice: it is repeated only when the database has certainly undone it."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from django.db import OperationalError, connection

from inventory import record
from inventory.models import StockChange, StockPush
from inventory.record import Asker, Wanted
from inventory.transactions import unbroken
from tests.inventory.helpers import refresh

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_commit_whose_answer_is_lost_adds_once(store, sandbox, monkeypatch):
    refresh(store)
    commit, lost = connection._commit, []

    def commit_and_lose_the_connection() -> None:
        commit()
        if not lost:
            lost.append(True)
            connection.connection.close()
            raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(connection, "_commit", commit_and_lose_the_connection)
    with pytest.raises(OperationalError):
        record.add(store, [Wanted("mug-11", -3)], Asker(), look_up=lambda: False)
    assert StockPush.objects.get().delta == -3
    assert StockChange.objects.of(store).count() == 1


def failing(*causes: Exception):
    """Something to write that fails with each of the causes, as Django raises them, and then is written."""
    left = list(causes)

    def write() -> None:
        if left:
            raise OperationalError from left.pop(0)

    return write, left


def locked() -> Exception:
    """SQLite's own error while another connection writes."""
    one, other = (sqlite3.connect("file:locked?mode=memory&cache=shared", uri=True) for _ in range(2))
    one.execute("CREATE TABLE stock (figure)")
    one.execute("INSERT INTO stock VALUES (1)")
    with pytest.raises(sqlite3.OperationalError) as raised:
        other.execute("INSERT INTO stock VALUES (2)")
    one.close()
    other.close()
    return raised.value


@pytest.mark.parametrize(
    "cause", [psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure, locked]
)
def test_what_the_database_has_undone_is_written_again(cause):
    write, left = failing(cause(), cause())
    unbroken(write)
    assert left == []


@pytest.mark.parametrize("count", [3, 4])
def test_what_is_undone_again_and_again_is_given_up(count):
    write, left = failing(*(psycopg.errors.DeadlockDetected() for _ in range(count)))
    with pytest.raises(OperationalError):
        unbroken(write)
    assert len(left) == count - 3


@pytest.mark.parametrize(
    "cause", [psycopg.errors.AdminShutdown, psycopg.errors.QueryCanceled, psycopg.OperationalError]
)
def test_any_other_failure_is_told_at_once(cause):
    write, left = failing(cause(), cause())
    with pytest.raises(OperationalError):
        unbroken(write)
    assert len(left) == 1
