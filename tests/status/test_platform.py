"""The public page about the platform: measured, for everybody, without a tenant's data."""

import html
import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from config.tasks import HEARTBEAT
from stores.health import Service
from stores.models import Exchange, Incident, PullCursor, ServiceDay
from tests.factories import make_merchant, make_store

pytestmark = pytest.mark.django_db


def text() -> str:
    answer = Client().get("/status/platform/")
    assert answer.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def works(store):
    PullCursor.objects.filter(store=store).update(last_good_at=timezone.now())


def test_everything_works_and_nobody_has_to_sign_in(db):
    works(make_store())
    assert "✓ Everything works." in text()


def test_no_tenant_is_named(store):
    PullCursor.objects.filter(store=store).update(problem="Acme's token is wrong.", problem_kind="locked")
    page = text()
    assert "Acme" not in page
    assert "✕ Stopped for 100 % of the stores" in page


def test_a_clock_that_is_not_heard_is_told(db):
    cache.delete(HEARTBEAT)
    assert "Clock and workers ✕ Standing still" in text()
    assert "Not everything works just now." in text()


def test_without_a_store_pulls_have_not_started_and_that_is_not_green(db):
    assert "Orders from Miva ○ Not started yet" in text()
    assert "Not everything works just now." in text()


def test_some_stores_that_have_stopped_are_a_warning(db):
    merchant = make_merchant()
    for number in range(10):
        works(make_store(merchant=merchant, name=f"Store {number}"))
    PullCursor.objects.filter(store__name="Store 3").update(problem="No answer.", problem_kind="down")
    assert "Orders from Miva ▲ Stopped for 10 % of the stores" in text()


def test_faults_of_ours_at_stone_edges_door_are_told(store):
    Exchange.objects.create(
        store=store,
        direction="desktop",
        function="downloadorders",
        milliseconds=5,
        outcome="refused",
        error="The portal could not handle the request. Try again later.",
    )
    assert "Stone Edge's door ▲ Some questions" in text()


def test_the_history_is_reckoned_from_the_days_of_all_stores(store):
    day = timezone.now().date() - timedelta(days=3)
    for wrong, other in ((0, store), (43_200, make_store())):
        ServiceDay.objects.create(
            store=other,
            service=Service.ORDERS_IN,
            day=day,
            worst="ok",
            seconds_watched=86_400,
            seconds_wrong=wrong,
            sampled_at=timezone.now(),
        )
    page = Client().get("/status/platform/").content.decode()
    assert "worked 75.0 % of the time</title>" in page
    assert "worked 100.0 % of the time</title>" in page, "the clock was heard all day"


def test_incidents_are_told_in_supports_words_and_change_no_component_but_the_headline(store):
    works(store)
    incident = Incident.objects.create(title="Slow answers from Miva", component="pulls")
    incident.updates.create(text="We are asking Miva.")
    page = text()
    assert "Slow answers from Miva Orders from Miva" in page
    assert "We are asking Miva." in page
    assert "▲ Everything works as far as is measured, and an incident goes on." in page
    assert "✓ Everything works." not in page
    assert "Orders from Miva ✓ Working" in page
    incident.ended_at = timezone.now()
    incident.save()
    assert "goes on" not in text()
    assert "✓ Everything works." in text()


def test_an_incident_that_goes_on_is_told_however_long_ago_it_began(store):
    Incident.objects.create(
        title="Slow answers", component="pulls", began_at=timezone.now() - timedelta(days=200)
    )
    assert "Slow answers" in text()


def test_support_writes_incidents_in_the_admin(admin_client):
    sent = {
        "title": "Slow answers",
        "component": "pulls",
        "began_at_0": "2026-11-22",
        "began_at_1": "10:00",
        "updates-TOTAL_FORMS": "1",
        "updates-INITIAL_FORMS": "0",
        "updates-0-at_0": "2026-11-22",
        "updates-0-at_1": "10:05",
        "updates-0-text": "We look into it.",
    }
    assert admin_client.post("/admin/stores/incident/add/", sent).status_code == 302
    assert Incident.objects.get().updates.get().text == "We look into it."


def test_the_number_of_queries_does_not_grow_with_the_stores(django_assert_max_num_queries):
    for _ in range(20):
        works(make_store())
    Client().get("/status/platform/")
    with django_assert_max_num_queries(12):
        Client().get("/status/platform/")
