"""Races on purpose: threads that begin together, each with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connection


def at_once(count: int, work: Callable[[int], object]) -> list[object]:
    """Run `work` in so many threads that begin together; returns what each returned or raised."""
    gate, results = threading.Barrier(count), [None] * count

    def one(index: int) -> None:
        gate.wait(10)
        try:
            results[index] = work(index)
        except Exception as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results
