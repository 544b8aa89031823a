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


def test_what_is_loaded_is_not_looked_through_for_garbage_and_what_comes_later_is():
    told = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["True", "True"]
