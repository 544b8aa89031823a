"""`make bench`: measures on a PostgreSQL and a Valkey of its own; one JSON object per line on standard output.

python -m tests.benchmarks [NAME ...]      Without names: all.
"""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.__main__ import Interrupted, interrupt
from tests.environment import for_tests
from tests.services import NotStarted, die_with_parent, services, temporary_room

ROOT = Path(__file__).parent.parent.parent
NAMES = (
    "translate_order",
    "render_orders",
    "pull_orders",
    "download_batch",
    "due_stores",
    "webhook_answer",
    "order_visible",
    "status_answer",
    "shipment_visible",
    "push_shipments",
    "invupdate_answer",
    "stock_visible",
    "qohreplace_10k",
    "catalogue_refresh",
    "api_orders_page",
    "api_orders_export",
    "api_stock_bulk",
    "admin_search_1m",
    "admin_list_1m",
    "status_pages_1m",
)
DURABLE = (
    "max_wal_size=2GB",
)  # fsync and all else as PostgreSQL is delivered: what is measured is what is lived with


def chosen(arguments: list[str]) -> list[str]:
    """Return the names of the benchmarks to run."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    names: list[str] = parser.parse_args(arguments).names
    for name in names:
        if name not in NAMES:
            parser.error(f"there is no benchmark '{name}'; choose from {', '.join(NAMES)}")
    return names or list(NAMES)


def main(names: list[str]) -> int:
    """Start the services, run the benchmarks in a process that has their environment, stop everything."""
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)  # thousands of orders belong into no database but our own
    with temporary_room() as room, services(room, DURABLE) as urls:
        environment = for_tests(room, urls)
        # One process each: what one of them keeps in memory must not hide what the next one needs.
        return max(run(name, environment) for name in names)


def run(name: str, environment: dict[str, str]) -> int:
    """Run one benchmark and return its exit code."""
    command = [sys.executable, "-m", "tests.benchmarks.run", name]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, preexec_fn=die_with_parent)
    try:
        return process.wait()
    except Interrupted:
        process.terminate()
        process.wait()
        raise


if __name__ == "__main__":
    selected = chosen(sys.argv[1:])
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, interrupt)
    try:
        sys.exit(main(selected))
    except NotStarted as error:
        sys.exit(str(error))
    except Interrupted as interrupted:
        sys.exit(128 + interrupted.number)
