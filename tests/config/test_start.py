"""A process of the portal when it has started."""

from __future__ import annotations

import subprocess
import sys

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
