"""After a change of settings the orders that wait are judged again in the background; no nudge and no kill loses that."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from orders import prepare, rejudging, release, serve
from orders.keep import keep
from orders.models import Order, PaymentMapping, Rejudgement, TranslationSettings
from orders.tasks import due_rejudgements, rejudge_store
from stores.models import Store
from tests.factories import as_sent, make_desktop, make_store, raw_orders

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def store():
    return make_store()


def wrong_by_a_dime(raw: dict) -> dict:
    """The order with a total that its parts miss by 0.10."""
    return as_sent(raw) | {"total": raw["total"] + type(raw["total"])("0.10")}


def kept(store: Store, *raws: dict) -> list[Order]:
    keep(store, raws, fetched_at=timezone.now(), road="queue_ack")
    return [Order.objects.get(store=store, miva_id=raw["id"]) for raw in raws]


def changed(store: Store, **settings: object) -> None:
    TranslationSettings.objects.update_or_create(store=store, defaults=settings)
    rejudging.ask([store])


def download(store: Store, last_order: str = "") -> list[int]:
    desktop = store.desktops.first() or make_desktop(store)[0]
    selection = serve.select(store, last_order, None, desktop)
    rows, _ = serve.batch(store, selection, 1, 50)
    serve.note_download(desktop, rows, selection.after)
    return [row.miva_id for row in rows]


def worked(store: Store, budget: float = 30) -> bool:
    return rejudging.work(store, budget=budget)


def state(order: Order) -> str:
    order.refresh_from_db()
    return order.state


def test_a_held_order_is_released_by_the_setting_that_held_it(store):
    [order] = kept(store, wrong_by_a_dime(raw_orders(1)[0]))
    assert order.state == Order.State.HELD
    changed(store, tolerance="0.10")
    assert worked(store)
    assert state(order) == Order.State.EXPORTABLE
    assert order.export_number == 1
    assert not Rejudgement.objects.exists()


def test_a_waiting_order_is_held_when_it_cannot_be_translated_any_more(store):
    changed(store, tolerance="0.10")
    [order] = kept(store, wrong_by_a_dime(raw_orders(1)[0]))
    assert order.state == Order.State.EXPORTABLE
    changed(store, tolerance="0.02")
    worked(store)
    assert state(order) == Order.State.HELD
    assert order.reason


def test_an_order_that_stone_edge_has_stays_as_it_is(store):
    changed(store, tolerance="0.10")
    [order] = kept(store, wrong_by_a_dime(raw_orders(1)[0]))
    assert download(store) == [order.miva_id]
    changed(store, tolerance="0.02")
    worked(store)
    assert state(order) == Order.State.EXPORTABLE


def test_an_order_that_waits_for_a_payment_follows_the_stores_switch(store):
    [order] = kept(store, raw_orders(1)[0] | {"payments": []})
    assert order.state == Order.State.INCOMPLETE
    Store.objects.filter(pk=store.pk).update(complete_only=False)
    rejudging.ask([store])
    worked(store)  # with a store that was read before the change
    assert state(order) == Order.State.EXPORTABLE


def test_a_page_is_judged_by_the_settings_that_stand_when_it_is_written(store):
    Store.objects.filter(pk=store.pk).update(complete_only=False)
    [order] = kept(store, raw_orders(1)[0] | {"payments": []})  # with a store that was read before the change
    assert order.state == Order.State.EXPORTABLE


def test_a_change_of_the_rules_while_a_page_waits_for_its_turn_holds_for_it(store):
    [raw] = raw_orders(1)
    raw = wrong_by_a_dime(raw)
    keep(
        store,
        [raw],
        fetched_at=timezone.now(),
        road="queue_ack",
        guard=lambda: changed(store, tolerance="0.10"),
    )
    assert state(Order.objects.get()) == Order.State.EXPORTABLE


def test_an_order_is_released_by_the_settings_that_stand_at_that_moment(store):
    [order] = kept(store, raw_orders(1)[0] | {"payments": []})
    Store.objects.filter(pk=store.pk).update(complete_only=False)
    release.rejudge(store)  # with a store that was read before the change
    assert state(order) == Order.State.EXPORTABLE


def test_warnings_follow_a_change_although_the_order_stays_ready(store):
    raw = as_sent(raw_orders(1)[0])
    [order] = kept(store, raw)
    Order.objects.filter(pk=order.pk).update(warnings=["A warning of former settings."])
    changed(store)
    worked(store)
    order.refresh_from_db()
    assert "A warning of former settings." not in order.warnings
    assert order.export_number == 1


def test_what_a_person_ignored_stays_ignored(store):
    [order] = kept(store, wrong_by_a_dime(raw_orders(1)[0]))
    Order.objects.filter(pk=order.pk).update(state=Order.State.IGNORED)
    changed(store, tolerance="0.10")
    worked(store)
    assert state(order) == Order.State.IGNORED


def test_another_stores_orders_are_left_alone(store):
    other = make_store()
    [order] = kept(other, wrong_by_a_dime(raw_orders(1)[0]))
    TranslationSettings.objects.create(store=other, tolerance="0.10")
    changed(store, tolerance="0.10")
    worked(store)
    assert state(order) == Order.State.HELD


def test_an_order_at_which_the_portal_fails_is_held_and_the_others_go_on(store, monkeypatch, caplog):
    first, second = kept(store, *raw_orders(2))
    read_order = prepare.read_order

    def failing(raw, rules):
        if raw["id"] == first.miva_id:
            raise ZeroDivisionError
        return read_order(raw, rules)

    monkeypatch.setattr("orders.prepare.read_order", failing)
    changed(store)
    assert worked(store)
    assert state(first) == Order.State.HELD
    assert "fault in the portal" in first.reason
    assert state(second) == Order.State.EXPORTABLE


@pytest.fixture
def many(store, monkeypatch):
    """Five held orders, of which two are judged at a time."""
    monkeypatch.setattr(release, "BATCH", 2)
    return kept(store, *map(wrong_by_a_dime, raw_orders(5)))


def test_work_stops_when_its_time_is_used_up_and_goes_on_where_it_was(store, many):
    changed(store, tolerance="0.10")
    assert not worked(store, budget=0)
    assert Order.objects.filter(state="exportable").count() == 2
    assert worked(store)
    assert Order.objects.filter(state="exportable").count() == 5
    numbers = Order.objects.order_by("pk").values_list("export_number", flat=True)
    assert list(numbers) == list(range(1, 6))


def test_a_change_in_the_middle_begins_anew(store, many):
    changed(store, tolerance="0.10")
    worked(store, budget=0)
    changed(store, tolerance="0.02")
    assert worked(store)
    assert Order.objects.filter(state="held").count() == 5


def test_the_clock_finds_a_change_whose_nudge_was_lost(store, monkeypatch):
    [order] = kept(store, wrong_by_a_dime(raw_orders(1)[0]))
    changed(store, tolerance="0.10")
    monkeypatch.setattr(rejudge_store, "delay", rejudge_store)
    assert due_rejudgements() == 1
    assert state(order) == Order.State.EXPORTABLE
    assert due_rejudgements() == 0


def test_a_store_whose_worker_died_is_told_again_after_five_minutes(store):
    changed(store)
    now = timezone.now()
    assert rejudging.due(now) == [store.pk]
    assert rejudging.due(now + timedelta(minutes=4)) == []
    assert rejudging.due(now + timedelta(minutes=6)) == [store.pk]


def test_the_task_passes_itself_on_while_there_is_more(store, many, monkeypatch):
    changed(store, tolerance="0.10")
    sent = []
    monkeypatch.setattr("orders.tasks.SLICE", 0.0)
    monkeypatch.setattr(rejudge_store, "apply_async", lambda arguments, **_: sent.append(arguments))
    rejudge_store(store.pk)
    assert sent == [(store.pk,)]


def test_a_paused_store_is_judged_too_because_its_orders_still_go_to_stone_edge(store):
    Store.objects.filter(pk=store.pk).update(paused_reason="Moving")
    changed(store)
    assert rejudging.due(timezone.now()) == [store.pk]


def test_a_payment_mapping_has_the_orders_of_its_store_judged_again_or_those_of_all_stores(client, store):
    client.force_login(User.objects.create_superuser("support", "support@example.com", "correct-horse"))
    other = make_store()
    page = reverse("admin:orders_paymentmapping_add")
    form = {
        "module": "acme",
        "element": PaymentMapping.Element.GENERIC,
        "position": "100",
        "enabled": "on",
        "store": store.pk,
    }
    assert client.post(page, form).status_code == 302
    assert [row.store for row in Rejudgement.objects.all()] == [store]
    Rejudgement.objects.all().delete()
    mapping = PaymentMapping.objects.get()
    client.post(reverse("admin:orders_paymentmapping_delete", args=[mapping.pk]), {"post": "yes"})
    assert [row.store for row in Rejudgement.objects.all()] == [store]
    client.post(page, form | {"store": ""})
    assert {row.store for row in Rejudgement.objects.all()} == {store, other}


def test_a_payment_mapping_that_moves_to_another_store_has_the_orders_of_both_judged_again(client, store):
    client.force_login(User.objects.create_superuser("support", "support@example.com", "correct-horse"))
    other, _ = make_store(), make_store()
    mapping = PaymentMapping.objects.create(
        store=store, module="acme", element=PaymentMapping.Element.GENERIC
    )
    page = reverse("admin:orders_paymentmapping_change", args=[mapping.pk])
    form = {"module": "acme", "element": mapping.element, "position": "100", "enabled": "on"}
    assert client.post(page, form | {"store": other.pk}).status_code == 302
    assert {row.store for row in Rejudgement.objects.all()} == {store, other}
    PaymentMapping.objects.update(store=None)
    Rejudgement.objects.all().delete()
    assert client.post(page, form | {"store": other.pk}).status_code == 302
    assert Rejudgement.objects.count() == 3


def test_a_remedy_that_alone_has_changed_is_written(store):
    [order] = kept(store, wrong_by_a_dime(raw_orders(1)[0]))
    Order.objects.filter(pk=order.pk).update(remedy="What an earlier version advised.")
    release.rejudge(store, [order.miva_id])
    order.refresh_from_db()
    assert order.remedy.startswith("Compare lines and charges of the order in Miva")
