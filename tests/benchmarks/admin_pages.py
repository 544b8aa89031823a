"""Asking for pages of the console again and again, as a person who is logged in."""

import time
from collections import defaultdict
from collections.abc import Mapping

from django.contrib.auth.models import User
from django.test import Client

from tests.benchmarks.report import note, percentile, report

LIMIT = 1_000.0  # ms: what is allowed


def client() -> Client:
    """Return somebody who may see everything."""
    visitor = Client(headers={"host": "localhost"})
    visitor.force_login(User.objects.get(username="support"))
    return visitor


def measured(
    name: str,
    pages: Mapping[str, str],
    rounds: int,
    visitor: Client | None = None,
    limit: float = LIMIT,
) -> None:
    """Ask for every page so many times, in turn, and report the 95th percentile of all, with `<name>_p50` beside it.

    `visitor` is who asks (without: somebody who may see everything), `limit` what is allowed in ms.
    """
    visitor = visitor or client()
    waits: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds + 1):
        for title, address in pages.items():
            began = time.perf_counter()
            response = visitor.get(address)
            wait = (time.perf_counter() - began) * 1000
            assert response.status_code == 200, f"{title}: {address} answers {response.status_code}"
            if number:  # the first round fills the caches
                waits[title].append(wait)
    for title, times in waits.items():
        note(f"{name} {title}: p50 {percentile(times, 0.5):.0f} ms, p95 {percentile(times, 0.95):.0f} ms")
    everything = [wait for times in waits.values() for wait in times]
    report(name, percentile(everything, 0.95), "ms", limit)
    report(f"{name}_p50", percentile(everything, 0.5), "ms", limit)
