"""A process of the portal when it has started."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from config.celery import app as celery_app
from config.celery import first_tick

LOADED = """
import gc
import django
django.setup()
print(gc.isenabled(), gc.get_freeze_count() > 100_000)
"""
CONSOLE = """
import django
from django.contrib import admin
from django.urls import reverse
django.setup()
print(admin.site.is_registered(__import__("stores.models").models.Store))
print(reverse("admin:stores_store_changelist"))
"""


def told_by(program: str) -> list[str]:
    """What a process of its own prints."""
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()


def test_what_is_loaded_is_not_looked_through_for_garbage_and_what_comes_later_is():
    assert told_by(LOADED) == ["True", "True"]


def test_a_worker_loads_the_console_only_when_it_writes_an_address_of_it():
    assert told_by(CONSOLE) == ["False", "/admin/stores/store/"]


@pytest.mark.django_db
def test_a_worker_that_is_ready_looks_at_the_services_before_it_pulls():
    """What is done from then on counts: on a new portal the first look is only where counting begins."""
    with celery_app.connection() as connection:
        queue = connection.default_channel.client
        queue.delete("celery")
        first_tick()
        sent = [json.loads(each)["headers"]["task"] for each in queue.lrange("celery", 0, -1)]
        queue.delete("celery")
    assert sent[-1] == "config.tasks.record_services"
    assert "orders.tasks.due_stores" in sent
