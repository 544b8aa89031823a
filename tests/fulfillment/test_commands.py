"""`push_store`, `audit_store` and the scripted desktop as scripts use them."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from fulfillment.models import Shipment
from tests.factories import make_desktop
from tests.fulfillment.goods import form, ids, in_miva, order_of, report

pytestmark = pytest.mark.django_db(transaction=True)


def run(*words: str) -> dict:
    out = io.StringIO()
    call_command(*words, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_push_store_counts_what_it_pushed_and_parked(sandbox, store):
    good, bad = order_of(store, sandbox, 1), order_of(store, sandbox, 1)
    report(store, form(good, "1Z1"))
    report(store, form(bad, "1Z2"))
    sandbox.delete(bad.miva_id)
    counts = {"shipments_pushed": 1, "shipments_parked": 1, "stock_pushed": 0, "stock_parked": 0}
    assert run("push_store", store.slug) == counts


def test_push_store_says_why_a_store_cannot_be_reached(sandbox, store):
    report(store, form(order_of(store, sandbox, 1), "1Z1"))
    sandbox.faults.add("api_offline", times=None)
    with pytest.raises(CommandError, match="switched off"):
        run("push_store", store.slug)
    sandbox.faults.clear()
    assert run("push_store", store.slug)["shipments_pushed"] == 1


def test_push_store_pushes_also_what_failed_often(sandbox, store):
    report(store, form(order_of(store, sandbox, 1), "1Z1"))
    sandbox.faults.add("api_offline", times=None)
    for _ in range(4):
        with pytest.raises(CommandError, match="switched off"):
            run("push_store", store.slug)
    sandbox.faults.clear()
    assert run("push_store", store.slug)["shipments_pushed"] == 1


def test_audit_store_lists_what_miva_does_not_have(sandbox, store):
    owed, pushed, lost = (order_of(store, sandbox, 1) for _ in range(3))
    report(store, form(pushed, "1Z1"))
    report(store, form(lost, "1Z2"))
    run("push_store", store.slug)
    sandbox.remove_from_shipment(lost.miva_id, ids(sandbox, lost))
    report(store, form(owed, "1Z3"))
    found = run("audit_store", store.slug)["unsent_shipments"]
    assert {each["order"]: each["tracking_number"] for each in found} == {
        owed.miva_id: "1Z3",
        lost.miva_id: "1Z2",
    }
    assert all(each["reason"] for each in found)
    assert Shipment.objects.filter(done_at=None).count() == 1


def test_the_scripted_desktop_ships_a_whole_order_and_parts_of_lines(live_server, sandbox, store):
    whole, parts = order_of(store, sandbox, 1), order_of(store, sandbox, 5, 1)
    login, password = make_desktop(store)
    till = ("--url", f"{live_server.url}/seti/", "--username", login.username, "--password", password)
    first, second = ids(sandbox, parts)
    run("desktop", "ship", *till, "--order", str(whole.miva_id), "--tracking", "1Z1")
    for tracking in (f"1Z2:{first}=2,{second}=1", f"1Z3:{first}=2", f"1Z4:{first}=1"):
        run("desktop", "ship", *till, "--order", str(parts.miva_id), "--tracking", tracking)
    with pytest.raises(CommandError, match="Order 9999 is unknown"):
        run("desktop", "ship", *till, "--order", "9999", "--tracking", "1Z9")
    assert run("push_store", store.slug)["shipments_pushed"] == 4
    assert in_miva(sandbox, whole) == {"1Z1": {"MUG-1": 1}}
    assert in_miva(sandbox, parts) == {
        "1Z2": {"MUG-1": 2, "MUG-2": 1},
        "1Z3": {"MUG-1": 2},
        "1Z4": {"MUG-1": 1},
    }
