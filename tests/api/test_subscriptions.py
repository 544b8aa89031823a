"""Programs subscribe to what happens in a store: once told each thing, signed, retried, never into our own network."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from fulfillment.models import Shipment
from fulfillment.record import record
from inventory.models import StockPush
from inventory.record import Asker, Wanted, add
from orders import release, serve
from orders.keep import keep
from stores import delivering, outbox, posting, subscriptions
from stores.calling import call
from stores.models import AuditEntry, IdempotencyKey, WebhookDelivery, WebhookSubscription
from stores.seti.status_updates import Item, Package, StatusUpdate
from stores.tasks import deliver_events, sweep_deliveries
from tests.api.conftest import held, kept, program
from tests.config.alerting import receiving
from tests.factories import make_desktop, make_store, raw_orders
from tests.together import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = settings.ALLOW_HTTP_STORES = True
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def subscription(store, receiver):
    """A program that wants to know everything."""
    return WebhookSubscription.objects.create(store=store, name="ERP", url=receiver.url)


def due_now(store, **fields) -> None:
    """Let the waits of all deliveries be over."""
    now = timezone.now()
    WebhookDelivery.objects.of(store).filter(outbox.OPEN).update(due_at=now, **fields)
    WebhookSubscription.objects.of(store).update(waits_until=None)


def events(receiver) -> list[tuple[str, dict]]:
    """What the receiver was told."""
    bodies = [json.loads(body) for _, body in receiver.got]
    return [(body["event"], body["data"]) for body in bodies]


def test_a_new_subscription_shows_its_secret_once_and_its_address_never(warehouse, store, receiver):
    path = f"stores/{store.slug}/webhook-subscriptions/"
    wanted = {"name": "ERP", "url": receiver.url, "events": ["order.held"]}
    made = warehouse.post(path, wanted, Idempotency_Key="a-1")
    assert made.status_code == 201, made.json()
    secret = made.json()["secret"]
    again = warehouse.post(path, wanted, Idempotency_Key="a-1")
    assert (again.json()["secret"], again["ETag"]) == (secret, made["ETag"])
    told = warehouse.get(f"{path}{made.json()['id']}/")
    assert told["ETag"] == made["ETag"]
    assert (told.json()["host"], told.json()["active"]) == ("127.0.0.1", True)
    for answer in (told, warehouse.get(path)):
        assert secret not in answer.content.decode()
        assert "/services/" not in answer.content.decode()
    noted = AuditEntry.objects.get(verb="webhook subscription added")
    assert secret not in str(noted.after)
    assert receiver.url not in str(noted.after)


def test_the_kept_answer_is_encrypted_in_the_database(warehouse, store, receiver):
    body = {"name": "ERP", "url": receiver.url}
    made = warehouse.post(f"stores/{store.slug}/webhook-subscriptions/", body, Idempotency_Key="a-1")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT answer FROM {IdempotencyKey._meta.db_table}")
        assert made.json()["secret"].encode() not in bytes(cursor.fetchone()[0])


def test_the_first_call_is_a_ping_signed_with_the_secret_that_was_shown(warehouse, store, receiver):
    body = {"name": "ERP", "url": receiver.url}
    secret = warehouse.post(f"stores/{store.slug}/webhook-subscriptions/", body).json()["secret"]
    delivering.deliver(store)
    ((headers, body),) = receiver.got
    assert json.loads(body)["event"] == "ping"
    stamp = headers["x-connect2cart-timestamp"]
    expected = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["x-connect2cart-signature"] == f"v1={expected}"
    assert headers["x-connect2cart-id"] == json.loads(body)["id"]


@pytest.mark.parametrize(
    "url",
    ["http://erp.example.com/", "https://127.0.0.1/x", "https://10.0.0.7/", "https://u:p@example.com/", "x"],
)
def test_an_address_that_must_not_be_called_is_refused_by_its_member(warehouse, store, url, settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = settings.ALLOW_HTTP_STORES = False
    answer = warehouse.post(f"stores/{store.slug}/webhook-subscriptions/", {"name": "ERP", "url": url})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/url"]
    assert not WebhookSubscription.objects.exists()


def test_an_event_that_is_not_there_is_refused(warehouse, store):
    body = {"name": "ERP", "url": "https://erp.example.com/", "events": ["order.lost"]}
    answer = warehouse.post(f"stores/{store.slug}/webhook-subscriptions/", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "#/events/0")


def test_orders_are_told_as_they_arrive_change_stop_and_go_on(store, subscription, receiver):
    good, *_ = kept(store, 1)
    bad = held(store)
    raw = raw_orders(1, seed=1)[0]
    later = raw | {"bill_fname": "Somebody", "dt_updated": raw["dt_updated"] + 60}
    keep(store, [later], fetched_at=timezone.now(), road="queue_ack")
    mended = raw_orders(1, seed=7)[0] | {"id": bad.miva_id, "dt_updated": raw["dt_updated"] + 60}
    keep(store, [mended], fetched_at=timezone.now(), road="queue_ack")
    serve.acknowledge(store, 1, 1)
    delivering.deliver(store)
    told = [(event, data["order"]) for event, data in events(receiver)]
    assert sorted(told) == sorted(
        [
            ("order.kept", good.miva_id),
            ("order.kept", bad.miva_id),
            ("order.held", bad.miva_id),
            ("order.changed", good.miva_id),
            ("order.changed", bad.miva_id),
            ("order.released", bad.miva_id),
            ("order.exported", good.miva_id),
        ]
    )
    assert {json.loads(body)["store"] for _, body in receiver.got} == {store.slug}


def test_an_order_that_is_downloaded_again_is_told_once(client, store, subscription):
    kept(store, 2)
    desktop, _ = make_desktop(store)
    for _ in range(2):
        rows, _ = serve.batch(store, serve.select(store, "", None), 1, 2)
        serve.note_download(desktop, rows)
    assert WebhookDelivery.objects.filter(event="order.exported").count() == 2


def test_an_order_that_is_judged_good_again_is_told_as_released(store, subscription):
    order = held(store)
    release.ignore(store, [order.miva_id], "A test order.")
    type(order).objects.filter(pk=order.pk).update(raw=raw_orders(1, seed=7)[0] | {"id": order.miva_id})
    release.release(store, [order.miva_id])
    assert WebhookDelivery.objects.filter(event="order.released").count() == 1


def test_what_is_rolled_back_is_not_told(store, subscription):
    with transaction.atomic():
        kept(store, 1)
        assert WebhookDelivery.objects.exists()
        transaction.set_rollback(True)
    assert not WebhookDelivery.objects.exists()


def test_a_shipment_that_waits_for_a_person_is_told_with_the_reason(store, subscription):
    order, *_ = kept(store, 1)
    record(store, [StatusUpdate(str(order.miva_id), "Shipped", packages=(Package("1Z1"),))])
    claimed = outbox.claim(Shipment, store)
    claimed.park(claimed.rows[0], "Miva refuses it.", "Ship it by hand.")
    told = WebhookDelivery.objects.get(event="shipment.failed").content["data"]
    assert (told["order"], told["problem"]) == (order.miva_id, "Miva refuses it.")
    outbox.make_due(Shipment.objects.of(store), now=True)
    claimed = outbox.claim(Shipment, store)
    claimed.settle(claimed.rows[0])
    assert WebhookDelivery.objects.filter(event="shipment.sent").count() == 1


def test_a_shipment_that_may_mean_two_things_is_told_when_it_is_reported(store, subscription):
    order, *_ = kept(store, 1)
    said = StatusUpdate(str(order.miva_id), "Shipped", packages=(Package("1Z1"),), items=(Item(424242),))
    record(store, [said])
    told = WebhookDelivery.objects.get(event="shipment.failed").content["data"]
    row = Shipment.objects.of(store).get()
    assert (told["shipment"], told["tracking_numbers"]) == (row.pk, ["1Z1"])
    assert (told["problem"], told["remedy"]) == (row.problem, row.remedy)


def test_stock_that_waits_for_a_person_is_told(store, subscription):
    add(store, [Wanted("mug", 1)], Asker(), look_up=lambda: True)
    claimed = outbox.claim(StockPush, store)
    claimed.park(claimed.rows[0], "Miva has no such product.", "Look at the SKU.")
    assert WebhookDelivery.objects.get().content["data"]["sku"] == "mug"


def test_only_what_was_chosen_is_told_and_nothing_of_other_stores(store, subscription):
    WebhookSubscription.objects.update(events=["order.held"])
    kept(store, 2)
    kept(make_store(), 2)
    assert not WebhookDelivery.objects.exists()
    held(store)
    assert WebhookDelivery.objects.get().event == "order.held"


@pytest.mark.parametrize("answer", [(500, {}), (404, {}), (302, {"Location": "http://10.0.0.7/"})])
def test_what_is_not_taken_is_sent_again_under_the_same_id_and_no_redirect_is_followed(
    store, subscription, receiver, answer
):
    subscriptions.ping(subscription)
    receiver.answers.append(answer)
    delivering.deliver(store)
    row = WebhookDelivery.objects.get()
    assert (row.state, row.response_status) == ("waiting", answer[0])
    assert row.due_at > timezone.now()
    assert delivering.deliver(store).done == 0
    due_now(store)
    delivering.deliver(store)
    assert WebhookDelivery.objects.get().state == "delivered"
    first, second = receiver.got
    assert first[0]["x-connect2cart-id"] == second[0]["x-connect2cart-id"]
    assert first[1] == second[1]


def test_a_receiver_that_is_away_is_left_alone_with_all_that_he_is_owed(store, subscription, receiver):
    other = WebhookSubscription.objects.create(store=store, name="Other", url=receiver.url)
    WebhookSubscription.objects.filter(pk=subscription.pk).update(url="http://127.0.0.1:1/")
    kept(store, 3)
    delivering.deliver(store)
    ours = WebhookDelivery.objects.filter(subscription=subscription)
    assert sorted(ours.values_list("attempts", flat=True)) == [0, 0, 1]
    assert not ours.filter(due_at__lte=timezone.now()).exists()
    assert {row.state for row in WebhookDelivery.objects.filter(subscription=other)} == {"delivered"}
    subscription.refresh_from_db()
    assert subscription.failures == 1
    assert "could not be reached" in subscription.problem
    kept(store, 1, seed=4)
    assert not ours.filter(due_at__lte=timezone.now()).exists()


def test_when_a_receiver_is_back_all_goes_out_at_once(store, subscription, receiver):
    kept(store, 3)
    receiver.answers.append((503, {"Retry-After": "300"}))
    delivering.deliver(store)
    assert WebhookDelivery.objects.filter(due_at__gt=timezone.now() + timedelta(seconds=290)).count() == 3
    WebhookDelivery.objects.filter(attempts=1).update(due_at=timezone.now())
    delivering.deliver(store)
    assert {row.state for row in WebhookDelivery.objects.all()} == {"delivered"}


def test_a_sender_that_dies_behind_the_call_leaves_it_to_the_next_one_under_the_same_id(
    store, subscription, receiver
):
    row = subscriptions.ping(subscription)
    assert outbox.claim(WebhookDelivery, store)
    call(subscription.url, subscription.secret, row.key, row.body)
    assert delivering.deliver(store).done == 0
    WebhookDelivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    delivering.deliver(store)
    assert WebhookDelivery.objects.get().state == "delivered"
    assert len(receiver.got) == 2
    assert len({headers["x-connect2cart-id"] for headers, _ in receiver.got}) == 1


@pytest.mark.parametrize(
    ("host", "problem"),
    [
        ("127.0.0.1", "must be a whole https address of the public internet"),
        ("localhost", "The name localhost leads into a private network."),
    ],
)
def test_an_address_that_has_become_private_is_not_called(
    store, subscription, receiver, settings, host, problem
):
    subscription.url = receiver.url.replace("127.0.0.1", host)
    subscription.save()
    subscriptions.ping(subscription)
    settings.ALLOW_PRIVATE_STORE_HOSTS = False
    delivering.deliver(store)
    assert receiver.got == []
    row = WebhookDelivery.objects.get()
    assert problem in row.problem
    assert row.state == "waiting"


def test_after_three_days_a_delivery_is_given_up_and_can_be_sent_again(
    warehouse, store, subscription, receiver
):
    row = subscriptions.ping(subscription)
    due_now(store, attempts=delivering.MOST_ATTEMPTS)
    receiver.answers.append((500, {}))
    delivering.deliver(store)
    path = f"stores/{store.slug}/webhook-deliveries/"
    (told,) = warehouse.get(f"{path}?state=given_up").json()["results"]
    assert told["problem"] == "The receiver answered 500. It was tried for three days."
    again = warehouse.post(f"{path}{row.pk}/replay/", {})
    assert (again.status_code, again.json()["state"]) == (200, "waiting")
    assert warehouse.post(f"{path}{row.pk}/replay/", {}).status_code == 409
    delivering.deliver(store)
    assert warehouse.get(f"{path}{row.pk}/").json()["state"] == "delivered"
    assert len({headers["x-connect2cart-id"] for headers, _ in receiver.got}) == 1
    assert AuditEntry.objects.filter(verb="send webhook again").count() == 1


def test_who_wants_no_more_calls_is_stopped_and_can_be_started(warehouse, store, subscription, receiver):
    subscriptions.ping(subscription)
    receiver.answers.append((410, {}))
    delivering.deliver(store)
    path = f"stores/{store.slug}/webhook-subscriptions/{subscription.pk}/"
    assert warehouse.get(path).json()["active"] is False
    kept(store, 1)
    assert WebhookDelivery.objects.get().state == "given_up"
    started = warehouse.call("PATCH", path, {"active": True})
    assert (started.status_code, started.json()["problem"]) == (200, "")
    subscriptions.replay(WebhookDelivery.objects.all())
    delivering.deliver(store)
    assert WebhookDelivery.objects.get().state == "delivered"


def test_who_takes_nothing_for_five_days_is_stopped(store, subscription, receiver):
    WebhookSubscription.objects.update(failures=30, failing_since=timezone.now() - timedelta(days=6))
    subscriptions.ping(subscription)
    receiver.answers.append((500, {}))
    delivering.deliver(store)
    subscription.refresh_from_db()
    assert not subscription.active
    assert subscription.problem.startswith("Nothing was taken for five days.")
    assert WebhookDelivery.objects.get().state == "given_up"


def test_a_stopped_subscription_is_owed_nothing_more(warehouse, store, subscription):
    kept(store, 1)
    path = f"stores/{store.slug}/webhook-subscriptions/{subscription.pk}/"
    assert warehouse.call("PATCH", path, {"active": False}).status_code == 200
    assert {row.state for row in WebhookDelivery.objects.all()} == {"given_up"}
    assert warehouse.post(f"{path}ping/", {}).status_code == 409
    assert warehouse.call("DELETE", path, If_Match='"old"').status_code == 412
    assert warehouse.call("DELETE", path).status_code == 204
    assert not WebhookDelivery.objects.exists()


def test_a_failing_call_changes_no_etag(warehouse, store, subscription, receiver):
    path = f"stores/{store.slug}/webhook-subscriptions/{subscription.pk}/"
    before = warehouse.get(path)["ETag"]
    subscriptions.ping(subscription)
    receiver.answers.append((500, {}))
    delivering.deliver(store)
    assert warehouse.get(path)["ETag"] == before


def test_a_store_has_no_more_subscriptions_than_it_can_need(warehouse, store):
    for number in range(20):
        WebhookSubscription.objects.create(store=store, name=str(number), url="https://erp.example.com/")
    body = {"name": "ERP", "url": "https://erp.example.com/"}
    answer = warehouse.post(f"stores/{store.slug}/webhook-subscriptions/", body)
    assert answer.status_code == 422
    assert "20 subscriptions" in answer.json()["detail"]


def test_a_token_without_the_scope_neither_sees_nor_makes_them(store, subscription):
    caller = program(store, "orders:write")
    for path in ("webhook-subscriptions/", "webhook-deliveries/"):
        assert caller.get(f"stores/{store.slug}/{path}").status_code == 403
    assert caller.post(f"stores/{store.slug}/webhook-subscriptions/", {}).status_code == 403


def test_the_clock_finds_what_no_nudge_has_told_also_of_a_paused_store(store, subscription, receiver):
    type(store).objects.filter(pk=store.pk).update(paused_reason="The token is refused.")
    subscriptions.ping(subscription)
    assert sweep_deliveries() == 1
    deliver_events(store.pk)
    assert WebhookDelivery.objects.get().state == "delivered"


def test_old_deliveries_are_forgotten(store, subscription):
    row = subscriptions.ping(subscription)
    now = timezone.now()
    assert subscriptions.prune(now + timedelta(days=400)) == 0  # it is still owed
    WebhookDelivery.objects.filter(pk=row.pk).update(done_at=now)
    assert subscriptions.prune(now + timedelta(days=29)) == 0
    assert subscriptions.prune(now + timedelta(days=31)) == 1


def test_support_stops_a_subscription_with_a_reason_and_sends_again(client, store, subscription, receiver):
    client.force_login(User.objects.create_superuser("lead", "lead@example.com", "correct-horse-battery"))
    row = subscriptions.ping(subscription)
    delivering.deliver(store)
    client.post(reverse("admin:stores_webhookdelivery_again", args=[row.pk]), {"sure": "yes"})
    delivering.deliver(store)
    assert len(receiver.got) == 2
    page = reverse("admin:stores_webhooksubscription_stop", args=[subscription.pk])
    client.post(page, {"sure": "yes", "reason": "It floods the shop."})
    assert not WebhookSubscription.objects.get().active
    client.post(reverse("admin:stores_webhooksubscription_start", args=[subscription.pk]), {"sure": "yes"})
    assert WebhookSubscription.objects.get().active
    client.post(reverse("admin:stores_webhooksubscription_test", args=[subscription.pk]), {"sure": "yes"})
    assert WebhookDelivery.objects.filter(event="ping").count() == 2


def test_a_receiver_that_never_answers_lets_the_worker_go_and_is_called_again_later(
    store, subscription, receiver, monkeypatch
):
    monkeypatch.setattr(posting, "SECONDS", 0.2)
    subscriptions.ping(subscription)
    over = threading.Event()
    receiver.at_step = lambda step: over.wait(60)
    assert delivering.deliver(store).deferred == 1
    over.set()
    row = WebhookDelivery.objects.get()
    assert (row.state, row.attempts, row.leased_until) == ("waiting", 1, None)
    assert row.due_at > timezone.now()
    assert "did not answer in time" in row.problem


@pytest.mark.django_db(transaction=True)
def test_while_one_receiver_hangs_the_others_are_called(receiver):
    store = make_store()
    hanging = WebhookSubscription.objects.create(store=store, name="Slow", url=receiver.url)
    subscriptions.ping(hanging)
    taken, over = threading.Event(), threading.Event()

    def hang_once(step):
        if not taken.is_set():
            taken.set()
            over.wait(60)

    def work(index):
        if index == 0:
            return delivering.deliver(store).done
        assert taken.wait(30)
        WebhookDelivery.objects.update(leased_until=F("leased_until") - timedelta(seconds=10))  # they pass
        subscriptions.ping(WebhookSubscription.objects.create(store=store, name="ERP", url=receiver.url))
        try:
            return delivering.deliver(store).done
        finally:
            over.set()

    receiver.at_step = hang_once
    assert at_once(2, work) == [1, 1]
    assert len(receiver.got) == 2


@pytest.mark.django_db(transaction=True)
def test_many_workers_call_once_for_each_event(receiver):
    store = make_store()
    WebhookSubscription.objects.create(store=store, name="ERP", url=receiver.url)
    kept(store, 6)
    assert not [
        each for each in at_once(4, lambda _: delivering.deliver(store)) if isinstance(each, Exception)
    ]
    delivering.deliver(store)
    assert len(receiver.got) == 6
    assert len({headers["x-connect2cart-id"] for headers, _ in receiver.got}) == 6
