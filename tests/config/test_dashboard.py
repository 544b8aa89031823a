"""The support team's first page, the filter behind its figures, and the tabs of a store's page."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config import broker
from config.celery import WORKER
from config.history import record
from config.tasks import HEARTBEAT
from fulfillment.models import CarrierMapping, Shipment, StatusMeaning, StatusUpdate
from inventory.models import StockPush
from orders.models import Order, PaymentMapping, UnmappedPayment
from stores import share_links
from stores.health import Service
from stores.models import Membership, PullCursor, Store
from tests.factories import make_desktop, make_merchant, make_store
from tests.parcels import make_order
from tests.stores.test_admin import populate

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(client):
    """A browser of somebody who may do everything."""
    client.force_login(User.objects.create_superuser("sam", password="x"))
    return client


@pytest.fixture
def looking(client):
    """Return a function that logs somebody in who has these permissions and no other."""

    def logged_in(*permissions: str):
        user = User.objects.create_user("vera", password="x", is_staff=True)
        names = [permission.split(".") for permission in permissions]
        for app, codename in names:
            user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
        client.force_login(user)
        return client

    return logged_in


def failing(**fields) -> Store:
    """A store whose last pull failed."""
    store = make_store(**fields)
    PullCursor.objects.filter(store=store).update(
        problem="The token is unknown.", remedy="Enter it anew.", problem_kind="locked"
    )
    return store


def well(**fields) -> Store:
    """A store for which nobody has to do anything."""
    store = make_store(**fields)
    PullCursor.objects.filter(store=store).update(last_good_at=timezone.now())
    make_desktop(store, last_seen_at=timezone.now())
    return store


def text(response) -> str:
    """What the page says, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def figure(response, name: str) -> tuple[str, str]:
    """Value and address of a figure."""
    found = re.search(rf'href="([^"]*)" aria-label="{name}: ([^"]*)"', response.content.decode())
    assert found, f"there is no figure '{name}'"
    return found[2], found[1].replace("&amp;", "&")


def test_the_stores_that_stopped_come_first_with_the_reason_and_the_one_who_mends_it(support):
    well(merchant=make_merchant(name="Aaron"))
    late = make_store(merchant=make_merchant(name="Betty"))
    Store.objects.filter(pk=late.pk).update(created_at=timezone.now() - timedelta(days=2))
    failing(merchant=make_merchant(name="Zoe"))
    page = text(support.get("/admin/"))
    assert page.index("Zoe ·") < page.index("Betty ·")
    assert "Aaron ·" not in page
    assert "Failing Orders from Miva : The token is unknown." in page
    assert "The merchant: Enter it anew." in page


def test_everything_that_is_wrong_with_a_store_has_its_own_remedy(support):
    store = failing()
    make_desktop(store, last_seen_at=timezone.now())
    Order.objects.filter(pk=make_order(store).pk).update(state=Order.State.HELD)
    page = text(support.get("/admin/"))
    assert "The merchant: Enter it anew." in page
    assert "Support: Open the held orders" in page


def test_every_figure_leads_to_the_list_that_has_so_many_rows(support):
    store = well()
    order = make_order(store)
    Order.objects.filter(pk=order.pk).update(export_number=1, numbered_at=timezone.now() - timedelta(hours=3))
    Order.objects.filter(pk=make_order(store).pk).update(state=Order.State.HELD)
    for parked_at in (None, timezone.now(), timezone.now()):
        Shipment.objects.create(store=store, order=order, parked_at=parked_at)
        sku = f"mug-{Shipment.objects.count()}"
        StockPush.objects.create(store=store, sku=sku, sku_key=sku, parked_at=parked_at)
    UnmappedPayment.objects.create(store=store, module="check", order_number=1)
    page = support.get("/admin/")
    expected = {
        "Orders waiting for Stone Edge": 1,
        "Orders held": 1,
        "Shipments waiting for Miva": 1,
        "Parked shipments": 2,
        "Stock changes waiting for Miva": 1,
        "Parked stock changes": 2,
        "Unmapped payment methods": 1,
    }
    for name, count in expected.items():
        value, address = figure(page, name)
        assert (name, value) == (name, str(count))
        assert len(support.get(address).context["cl"].result_list) == count, name
    assert "the oldest for 3 hours" in text(page)


def test_what_is_stuck_in_a_store_that_is_switched_off_is_counted_and_said(support):
    off = well(name="Closed", active=False)
    order = make_order(off)
    Order.objects.filter(pk=order.pk).update(state=Order.State.HELD)
    Order.objects.filter(pk=make_order(off).pk).update(export_number=1, numbered_at=timezone.now())
    for parked_at in (None, timezone.now()):
        Shipment.objects.create(store=off, order=order, parked_at=parked_at)
        sku = f"mug-{Shipment.objects.count()}"
        StockPush.objects.create(store=off, sku=sku, sku_key=sku, parked_at=parked_at)
    page = support.get("/admin/")
    for name in (
        "Orders held",
        "Shipments waiting for Miva",
        "Parked shipments",
        "Stock changes waiting for Miva",
        "Parked stock changes",
    ):
        value, address = figure(page, name)
        assert (name, value) == (name, "1")
        assert len(support.get(address).context["cl"].result_list) == 1, name
    assert figure(page, "Orders waiting for Stone Edge")[0] == "0"
    assert figure(page, "Stores that need attention")[0] == "0 of 0"
    assert text(page).count("1 in stores that are switched off") == 5
    assert "the oldest for" not in text(page)
    assert text(page).count("0 due; 0 in work; 1 parked") == 2


def test_the_number_of_stores_leads_to_just_these_stores(support):
    well(name="Well")
    failing(name="Ill")
    value, address = figure(support.get("/admin/"), "Stores that need attention")
    assert value == "1 of 2"
    assert [store.name for store in support.get(address).context["cl"].result_list] == ["Ill"]


@pytest.mark.parametrize("service", Service.values)
def test_the_list_of_stores_is_filtered_by_each_service(support, service):
    ill = well(name="Ill")
    well(name="Well")
    order = make_order(ill)
    if service == Service.ORDERS_IN:
        PullCursor.objects.filter(store=ill).update(problem="No.", problem_kind="down")
    if service == Service.ORDERS_OUT:
        Order.objects.filter(pk=order.pk).update(state=Order.State.HELD)
    if service == Service.TRACKING:
        Shipment.objects.create(store=ill, order=order, parked_at=timezone.now())
    if service == Service.STOCK:
        StockPush.objects.create(store=ill, sku="mug", sku_key="mug", parked_at=timezone.now())
    found = support.get(reverse("admin:stores_store_changelist"), {"service": service})
    assert [store.name for store in found.context["cl"].result_list] == ["Ill"]
    cell = re.search(r"field-other_services[^>]*>(.*?)</td>", found.content.decode(), re.DOTALL)
    named = str(Service(service).label) in cell[1]
    assert named is (service != Service.ORDERS_IN)  # the pull has columns of its own


def test_who_may_not_see_stores_sees_no_figures(looking):
    store = failing()
    client = looking("orders.view_order")
    page = client.get("/admin/")
    assert page.status_code == 200
    assert store.name not in page.content.decode()
    assert "need attention" not in page.content.decode()
    assert client.get(reverse("overview")).status_code == 403


def test_who_may_see_stores_only_sees_figures_of_stores_only(looking):
    failing()
    page = looking("stores.view_store").get("/admin/").content.decode()
    assert "Stores that need attention" in page
    for hidden in ("Orders held", "Parked shipments", "Parked stock", "Unmapped payment", "due, in work"):
        assert hidden not in page


def test_nobody_without_a_login_gets_the_part_that_refreshes(client):
    assert client.get(reverse("overview")).status_code == 302


def test_the_part_that_refreshes_is_the_same_without_the_page_around_it(support):
    failing(name="Ill")
    part = support.get(reverse("overview"))
    assert "Ill" in text(part)
    assert b"<html" not in part.content


def test_as_many_queries_for_many_stores_as_for_one(support, django_assert_max_num_queries):
    failing()
    support.get(reverse("overview"))
    with django_assert_max_num_queries(80) as one:
        support.get(reverse("overview"))
    for _ in range(6):
        failing()
    with django_assert_max_num_queries(len(one)):
        support.get(reverse("overview"))


def test_pulls_and_orders_per_hour_are_told_in_words_too(support):
    store = make_store()
    record(timezone.now())
    PullCursor.objects.filter(store=store).update(good_runs=3, bad_runs=1)
    record(timezone.now())
    page = text(support.get("/admin/"))
    assert "Pulls per hour: 4 in the last 24 hours, 4 in the present one, 1 failed." in page
    assert "Orders per hour: 0 in the last 24 hours" in page


def test_the_page_says_whether_beat_and_workers_run(support):
    cache.clear()
    assert "Not running no heartbeat yet" in text(support.get("/admin/"))
    cache.set(HEARTBEAT, time.time(), None)
    cache.set(WORKER, time.time(), None)
    assert "Running Beat was heard now , a worker now ." in text(support.get("/admin/"))
    cache.set(HEARTBEAT, time.time() - 600, None)
    assert "look at celery beat: a worker lives" in text(support.get("/admin/"))


def test_the_messages_in_the_broker_are_counted_and_a_broker_that_is_away_is_told(support, settings):
    assert broker.messages() == 0
    settings_before = broker.current_app.conf.broker_url
    broker.current_app.conf.broker_url = "redis://127.0.0.1:1/0"
    try:
        started = time.monotonic()
        assert broker.messages() is None
        assert time.monotonic() - started < 3
    finally:
        broker.current_app.conf.broker_url = settings_before


@pytest.mark.parametrize("tab", ["change", "mappings", "activity", "people"])
def test_every_tab_of_a_store_opens_and_leads_to_the_others(support, tab):
    store = well()
    page = support.get(reverse(f"admin:stores_store_{tab}", args=[store.pk]))
    assert page.status_code == 200
    for other in ("change", "mappings", "activity", "people"):
        assert reverse(f"admin:stores_store_{other}", args=[store.pk]) in page.content.decode()
    assert store.token not in page.content.decode()


@pytest.mark.parametrize("tab", ["mappings", "activity", "people"])
def test_a_tab_refuses_who_may_not_see_stores_and_knows_no_other_store(looking, tab):
    store = make_store()
    client = looking("orders.view_order")
    assert client.get(reverse(f"admin:stores_store_{tab}", args=[store.pk])).status_code == 403


def test_a_tab_shows_only_what_somebody_may_see_elsewhere(looking):
    store = well()
    client = looking("stores.view_store")
    people = client.get(reverse("admin:stores_store_people", args=[store.pk])).content.decode()
    assert "Desktops" not in people.split("table-1")[1]
    activity = client.get(reverse("admin:stores_store_activity", args=[store.pk])).content.decode()
    assert ">Exchanges</h3>" not in activity


def test_the_mappings_of_a_store_are_shown_with_what_nobody_has_mapped(support):
    keys = populate()
    store = Store.objects.get(pk=keys[Store])
    PaymentMapping.objects.create(store=None, module="everywhere", element="CreditCard")
    PaymentMapping.objects.create(store=make_store(), module="elsewhere", element="CreditCard")
    StatusMeaning.objects.create(store=store, label="Gone out", meaning="shipped")
    CarrierMapping.objects.create(store=store, carrier="FX", tracking_type="FedEx")
    StatusUpdate.objects.filter(store=store).update(label="Whatever", meaning="")
    page = text(support.get(reverse("admin:stores_store_mappings", args=[store.pk])))
    for words in ("gate1", "everywhere", "zippay", "Make a mapping", "field_1", "Gone out", "FX", "FedEx"):
        assert words in page, words
    assert "Whatever" in page
    assert "elsewhere" not in page


def test_the_people_of_a_store_are_members_links_and_logins(support):
    keys = populate()
    store = Store.objects.get(pk=keys[Store])
    Membership.objects.update(invited_at=timezone.now() - timedelta(days=3))
    page = text(support.get(reverse("admin:stores_store_people", args=[store.pk])))
    for words in ("colleague-1", "Viewer", "3 days ago", "agency", "7.732"):
        assert words in page, words


@pytest.mark.parametrize("tab", ["mappings", "activity", "people"])
def test_a_tab_asks_as_many_questions_for_many_rows_as_for_one(support, tab):
    store = Store.objects.get(pk=populate()[Store])
    address = reverse(f"admin:stores_store_{tab}", args=[store.pk])
    support.get(address)
    with CaptureQueriesContext(connection) as few:
        support.get(address)
    for number in range(4):
        user = User.objects.create(username=f"member-{number}", email=f"member-{number}@example.com")
        Membership.objects.create(user=user, merchant=store.merchant)
        share_links.make(store, f"agency {number}", 30)
        PaymentMapping.objects.create(store=store, module=f"other{number}", element="CreditCard")
        UnmappedPayment.objects.create(store=store, module=f"pay{number}", order_number=7)
        StatusMeaning.objects.create(store=store, label=f"Label {number}", meaning="shipped")
        make_desktop(store)
    with CaptureQueriesContext(connection) as many:
        support.get(address)
    assert len(many) == len(few)


def test_the_store_page_has_the_four_services_and_how_old_the_token_is(support):
    store = well()
    Store.objects.filter(pk=store.pk).update(token_set_at=timezone.now() - timedelta(days=400))
    page = text(support.get(reverse("admin:stores_store_change", args=[store.pk])))
    for service in Service:
        assert str(service.label) in page
    assert "400 days ago" in page
