"""Many shipments, four workers, a fault with one call in twenty: every package is in Miva once, none is missing.

SHIPMENTS_RUN says how many shipments (60); a thousand take some minutes.
"""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from fulfillment.models import Shipment
from fulfillment.push import push
from stores import outbox
from stores.sandbox import SandboxStore, serve
from tests.factories import store_of
from tests.fulfillment.goods import document, form, ids, in_miva, order_of, report
from tests.together import at_once

SHIPMENTS = int(os.environ.get("SHIPMENTS_RUN", "60"))
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300 + SHIPMENTS)]

SHARE = 0.05
KINDS = {
    "reset_before": {},
    "reset_after": {},
    "cut_json": {},
    "empty": {},
    "status": {"code": 500, "acted": True},
    "api_offline": {},
    "error_code": {"code": "MER-DBE-00001", "message": "Deadlock found"},
}


def time_passes(store) -> None:
    """All waits are over, and so are the leases of whoever has died."""
    past = timezone.now() - timedelta(seconds=1)
    rows = Shipment.objects.of(store).filter(outbox.OPEN)
    rows.update(due_at=past, store_waits_until=None)
    rows.exclude(leased_until=None).update(leased_until=past)


def test_every_package_once_and_none_missing():
    sandbox = SandboxStore(seed=9)
    with serve(sandbox) as server:
        store = store_of(sandbox, server)
        orders = [order_of(store, sandbox, 3, 1) for _ in range(SHIPMENTS // 2)]
        wanted = {}
        for place, order in enumerate(orders):
            first = ids(sandbox, order)[0]
            part = document(order, [("1", f"1Z{place}-1")], {first: {"shipped": 2}}, "Partially Shipped")
            report(store, part)
            report(store, form(order, f"1Z{place}-1", f"1Z{place}-2"))
            wanted[order.pk] = {f"1Z{place}-1": {"MUG-1": 2}, f"1Z{place}-2": {"MUG-1": 1, "MUG-2": 1}}
        for kind, options in KINDS.items():
            sandbox.faults.add(kind, times=None, probability=SHARE / len(KINDS), **options)
        for _ in range(SHIPMENTS):
            if not Shipment.objects.of(store).filter(outbox.OPEN).exists():
                break
            assert not [r for r in at_once(4, lambda _: push(store, budget=20)) if isinstance(r, Exception)]
            time_passes(store)
        assert sandbox.faults.taken
        assert not Shipment.objects.of(store).exclude(problem="").filter(done_at=None).exists()
        assert {order.pk: in_miva(sandbox, order) for order in orders} == wanted
        assert sorted(mail.tracknum for mail in sandbox.mails) == sorted(
            number for shipments in wanted.values() for number in shipments
        )
