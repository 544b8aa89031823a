"""The portal's settings with the addresses of `one_row` alone."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.one_row"
