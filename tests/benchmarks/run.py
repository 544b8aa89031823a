"""Runs one benchmark by name, in a process whose environment leads to the benchmark's own services."""

import importlib
import sys

import django
from django.conf import settings
from django.core.management import call_command

if __name__ == "__main__":
    django.setup()
    settings.DEBUG = False  # as in production: else Django writes each statement down, which takes longer than some of them
    call_command("migrate", verbosity=0)
    importlib.import_module(f"tests.benchmarks.{sys.argv[1]}").measure()
