"""Custom order fields are discovered from Miva: once a day, on demand, with their types; the queues are none."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from orders import fields
from orders.models import CustomField, FieldDiscovery
from orders.tasks import due_field_discoveries, run_field_discovery
from stores.miva.errors import MivaError
from stores.models import Exchange, PullCursor
from stores.sandbox import SandboxStore, serve
from stores.sandbox.custom_fields import MERCHANT_FIELDS
from tests.factories import make_store, store_of

pytestmark = pytest.mark.django_db(transaction=True)
MODULE = {"code": "customfields", "name": "Custom Fields"}


@pytest.fixture
def sandbox():
    return SandboxStore(seed=2)


@pytest.fixture
def store(sandbox):
    with serve(sandbox) as server:
        store = store_of(sandbox, server)
        # A regular pull that is due comes first; none is.
        PullCursor.objects.filter(store=store).update(due_at=timezone.now() + timedelta(hours=1))
        yield store


def listed(code: str, kind: str = "text", module: dict | None = None, **more: object) -> dict:
    return {"code": code, "name": code.title(), "type": kind, "module": module or MODULE} | more


def test_the_fields_of_the_store_are_here_after_a_discovery_and_its_queues_are_not(store):
    fields.work(fields.ask(store))
    found = CustomField.objects.of(store).values_list("module", "code", "name", "type", "group")
    module = ("customfields", "Custom Fields")
    assert set(found) == {(module[0], *field, module[1]) for field in MERCHANT_FIELDS}
    assert {"checkbox", "price_optional", "multitext"} <= {kind for _, _, kind in MERCHANT_FIELDS}
    row = FieldDiscovery.objects.get(store=store)
    assert row.state == FieldDiscovery.State.DONE
    assert Exchange.objects.get(store=store).function == "OrderCustomFieldList_Load"


@pytest.mark.parametrize("kind", ["checkbox", "price", "price_optional", "multitext", "numeric:2"])
def test_types_stay_as_miva_names_them(kind):
    store = make_store()
    fields.record(store, [listed("field", kind)], timezone.now())
    assert CustomField.objects.get(store=store).type == kind


def test_a_field_that_is_renamed_in_miva_is_renamed_here_and_stays_one():
    store, now = make_store(), timezone.now()
    fields.record(store, [listed("po")], now)
    fields.record(store, [listed("po", name="Purchase order")], now + timedelta(days=1))
    field = CustomField.objects.get(store=store)
    assert (field.name, field.seen_at) == ("Purchase order", now + timedelta(days=1))


def test_a_field_that_miva_lists_no_more_stays_with_the_time_when_it_was_seen():
    store, now = make_store(), timezone.now()
    fields.record(store, [listed("po"), listed("gone")], now)
    fields.record(store, [listed("po")], now + timedelta(days=1))
    assert CustomField.objects.get(store=store, code="gone").seen_at == now


@pytest.mark.parametrize(
    "strange",
    [
        {},
        {"code": "x"},
        {"code": "x", "module": "customfields"},
        {"code": "", "module": MODULE},
        {"code": "x", "module": {}},
    ],
)
def test_what_has_no_module_or_code_is_left_out_and_the_others_are_kept(strange):
    store = make_store()
    assert fields.record(store, [strange, listed("po")], timezone.now()) == 1


def test_the_clock_opens_a_discovery_for_each_active_store_and_again_after_a_day():
    stores = [make_store(), make_store(), make_store(active=False)]
    now = timezone.now()
    assert fields.plan(now) == 2
    assert fields.plan(now) == 0
    FieldDiscovery.objects.of(stores[0]).update(state="done", finished_at=now)
    assert fields.plan(now + timedelta(hours=23)) == 0
    assert fields.plan(now + timedelta(hours=25)) == 1
    assert FieldDiscovery.objects.of(stores[0]).get().state == "waiting"


def test_one_that_miva_refused_is_tried_again_the_next_day():
    store, now = make_store(), timezone.now()
    fields.plan(now)
    FieldDiscovery.objects.of(store).update(state="failed", finished_at=now, problem="Refused.")
    assert fields.plan(now + timedelta(days=2)) == 1


def test_the_clocks_tick_sends_the_message_that_does_the_work(store, monkeypatch):
    sent = []
    monkeypatch.setattr(run_field_discovery, "apply_async", lambda arguments, **_: sent.append(arguments))
    assert due_field_discoveries() == 1
    for arguments in sent:
        run_field_discovery(*arguments)
        run_field_discovery(*arguments)  # doubled: nothing is due any more
    assert CustomField.objects.of(store).count() == len(MERCHANT_FIELDS)
    assert Exchange.objects.filter(store=store).count() == 1


def test_a_store_that_does_not_answer_says_why_and_is_tried_again(sandbox, store):
    sandbox.faults.add("status", code=500)
    row = fields.ask(store)
    with pytest.raises(MivaError):
        fields.work(row)
    row.refresh_from_db()
    assert row.state == FieldDiscovery.State.WAITING
    assert row.problem
    assert row.not_before > timezone.now()
    fields.work(fields.ask(store))  # a person does not wait for that
    row.refresh_from_db()
    assert (row.state, row.problem) == ("done", "")
