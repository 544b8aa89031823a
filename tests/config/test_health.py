"""The addresses that monitors ask."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.utils import timezone

from config.tasks import heartbeat
from inventory.models import StockPush
from stores.models import PullCursor
from tests.factories import make_store

pytestmark = pytest.mark.django_db


def test_live_needs_nothing(client):
    assert client.get("/health/live/").status_code == 200


def test_ready_needs_no_login_and_tells_each_component(client):
    cache.clear()
    response = client.get("/health/ready/")
    assert response.status_code == 200
    assert response.json()["database"] == response.json()["cache"] == "ok"
    assert "start celery beat" in response.json()["clock"]
    heartbeat()
    assert client.get("/health/ready/").json()["clock"] == "ok"


def test_a_silent_clock_is_told(client):
    cache.set("heartbeat", 1.0, None)
    assert "look at celery beat" in client.get("/health/ready/").json()["clock"]


def test_ready_is_503_without_the_cache_and_shows_no_address(client, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://:pw@127.0.0.1:1",
        }
    }
    response = client.get("/health/ready/")
    assert response.status_code == 503
    assert "not reached" in response.json()["cache"]
    assert b"pw" not in response.content
    assert b"127.0.0.1" not in response.content


def test_health_is_not_redirected_to_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/health/live/").status_code == 200
    assert client.get("/admin/login/").status_code == 301


def test_metrics_count_stores_and_name_none(client):
    store = make_store()
    PullCursor.objects.filter(store=store).update(problem="Miva is down.", problem_kind="down")
    text = client.get("/metrics").content.decode()
    assert "connect2cart_stores 1.0" in text
    assert "connect2cart_stores_failing 1.0" in text
    assert store.slug not in text


def test_metrics_count_stock_that_miva_does_not_have(client):
    store, now = make_store(), timezone.now()
    for sku, ended in (("a", {}), ("b", {}), ("c", {"parked_at": now}), ("d", {"done_at": now})):
        StockPush.objects.create(store=store, sku=sku, sku_key=sku, delta=1, **ended)
    text = client.get("/metrics").content.decode()
    assert "connect2cart_stock_waiting 2.0" in text
    assert "connect2cart_stock_parked 1.0" in text
