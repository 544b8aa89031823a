"""`make demo`: the whole portal on this machine, between a sandbox Miva store and a scripted Stone Edge."""

import fcntl
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from redis import Redis
from redis.exceptions import RedisError

from stores.management.demo import environment
from stores.management.demo.processes import SIGNALS, Processes, Stopped, reserved_port
from stores.management.demo.story import ADMIN, PYTHON, Story, now
from stores.models import PullCursor

NEW_ORDER_EVERY = 45  # seconds


class Command(BaseCommand):
    """Run the demo."""

    help = (
        "Runs the whole portal on this machine: a sandbox Miva store, the portal, worker and clock, and a scripted Stone "
        "Edge that imports the orders. Ctrl-C stops everything; the next run goes on where this one ended."
    )
    requires_system_checks: list[str] = []  # as Django declares it

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --once."""
        parser.add_argument(
            "--once", action="store_true", help="End after the import: exit code 0 when it was right."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Take on the demo's environment, then run until a signal comes."""
        if not settings.DEBUG:
            raise CommandError("The demo is no production: start it with 'make demo', or with DEBUG=on.")
        folder = Path(settings.BASE_DIR) / "var" / "demo"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        with only_one(folder / "lock"):
            variables = environment.demo_environment(folder)
            if not environment.is_ours(variables):
                environment.write(folder / "environment", variables)
                sys.stdout.flush()
                os.execve(PYTHON, [PYTHON, *sys.argv], environment.with_ours(variables))  # noqa: S606
            with reserved_port(8000) as portal, reserved_port(8001) as shop:
                self.run(folder, variables, portal, shop, once=options["once"])

    def run(self, folder: Path, variables: dict[str, str], portal: int, shop: int, *, once: bool) -> None:
        """Tell the story on these ports; whatever happens, all processes are stopped on the way out."""
        variables = variables | {"PUBLIC_URL": f"http://127.0.0.1:{portal}"}
        environment.write(folder / "environment", variables)
        processes = Processes(folder / "logs", environment.with_ours(variables), Path(settings.BASE_DIR))
        story = Story(folder, processes, portal, self.say)
        for number in SIGNALS:
            signal.signal(number, processes.end)
        try:
            self.tell(story, shop, once=once)
            self.explain(story)
            if not once:
                self.keep_going(story)
        except Stopped:
            self.say("Stopping.")
            if once:
                raise SystemExit(130) from None
        finally:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            processes.stop()
            tidy(settings.VALKEY_SOCKET.parent)
        self.say("Everything is stopped. The next run finds its data again in var/.")

    def tell(self, story: Story, shop_port: int, *, once: bool) -> None:
        """Set everything up, wait for the pull, import, compare."""
        began = now()
        story.prepare_database()
        self.say("The database is ready (SQLite in var/).")
        if not valkey_answers():
            story.processes.start("valkey", [PYTHON, "-m", "config.valkey"])
        story.processes.wait("Starting Valkey", valkey_answers, 120)
        self.say("The embedded Valkey answers (broker and cache).")
        story.open_sandbox(shop_port, 0 if once else NEW_ORDER_EVERY)
        story.connect()
        sold = story.sold()
        story.start_portal()
        story.wait_for_pull(began)
        orders = story.import_orders()
        story.compare(sold, orders)
        total = sum(sold[order.number] for order in orders if order.number in sold)
        self.say(f"Stone Edge imported {len(orders)} orders over {total:,.2f}.")
        self.say(
            f"All {len(sold)} orders that the shop queued have arrived exactly once, with the same totals."
        )

    def explain(self, story: Story) -> None:
        """Print addresses and logins."""
        remembered = story.memory
        self.stdout.write(
            f"""
  Admin             {story.url}/admin/
    user name       {ADMIN}
    password        {remembered.admin_password}
  Stone Edge
    Script URL      {story.url}/seti/
    Cart ID         {remembered.username}
    Cart Password   {remembered.password}
    Store Code      {remembered.store_code}
  Sandbox store     {story.sandbox["endpoint"]}
  Logs              var/demo/logs/
  For commands      set -a; . var/demo/environment; set +a
"""
        )
        self.stdout.flush()

    def keep_going(self, story: Story) -> None:
        """Let the demo run; whenever the clock has pulled, Stone Edge imports what is new."""
        self.say(
            f"A new order is placed every {NEW_ORDER_EVERY} seconds and pulled every minute. Ctrl-C stops everything."
        )
        pulled: datetime | None = None
        while True:
            time.sleep(1)
            story.processes.check()
            latest = PullCursor.objects.get(store__slug=story.memory.store).last_good_at
            if latest != pulled:
                pulled = latest
                for order in story.import_orders():
                    self.say(f"Stone Edge imported order {order.number} over {order.value('GrandTotal')}.")

    def say(self, line: str) -> None:
        """Print one line with the time, at once."""
        self.stdout.write(f"{datetime.now():%H:%M:%S}  {line}")  # noqa: DTZ005  # for the person in front of it
        self.stdout.flush()


def tidy(folder: Path) -> None:
    """Remove the socket's folder when it had to lie in the temp folder, unless a Valkey of somebody else is in it."""
    if not folder.is_relative_to(settings.BASE_DIR) and not valkey_answers():
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the folder for one demo. Raises CommandError while another one runs here."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError("The demo is already running in this folder.") from error
        yield


def valkey_answers() -> bool:
    """Whether the broker can be used."""
    with Redis.from_url(settings.REDIS_URL) as client:
        try:
            return bool(client.ping())
        except RedisError:
            return False
