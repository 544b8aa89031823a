"""`manage.py sandbox`: a Miva store with memory on loopback, for the demo, training and trials."""

import signal
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from stores.management.console import ConsoleCommand, whole
from stores.sandbox import SandboxStore, Server, serve
from stores.sandbox.assortment import assortment
from stores.sandbox.persistence import load, save

SAVE_EVERY = 0.5  # seconds
ANY = whole(0, 999_999_999)


class Command(ConsoleCommand):
    """Serve a sandbox store until a signal comes."""

    help = "Serves a Miva store with memory on 127.0.0.1 until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the store's make."""
        super().add_arguments(parser)
        parser.add_argument(
            "--port", type=whole(0, 65_535), default=0, help="Port; without it a free one is taken."
        )
        parser.add_argument(
            "--orders", type=ANY, default=0, help="Orders that shoppers place before the store opens."
        )
        parser.add_argument(
            "--products",
            type=ANY,
            default=0,
            metavar="SKUS",
            help="SKUs that the store sells besides its usual ones.",
        )
        parser.add_argument("--seed", type=ANY, default=1, help="Decides credentials and orders.")
        parser.add_argument(
            "--every",
            type=ANY,
            default=0,
            metavar="SECONDS",
            help="Also a new order every so many seconds.",
        )
        parser.add_argument(
            "--state", type=Path, metavar="FILE", help="Remember everything in this file and go on from it."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Open the store, say where it is, serve until SIGINT or SIGTERM."""
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: stop.set())
        store = opened(options["state"], options["seed"], options["orders"])
        store.fill_shelves(assortment(options["products"]))
        try:
            with serve(store, options["port"]) as server:
                self.announce(server, as_json=options["as_json"])
                run(store, stop, options["every"], options["state"])
        except OSError as error:
            raise CommandError(
                f"Port {options['port']} of 127.0.0.1 cannot be used ({error.strerror}). Choose another."
            ) from error

    def announce(self, server: Server, *, as_json: bool) -> None:
        """Print endpoint and credentials, at once: somebody waits for this line."""
        store = server.store
        shown = {
            "endpoint": server.endpoint,
            "store_code": store.store_code,
            "token": store.token,
            "signing_key": store.signing_key,
        }
        lines = [
            f"Endpoint      {shown['endpoint']}",
            f"Store code    {shown['store_code']}",
            f"Token         {shown['token']}",
            f"Signing key   {shown['signing_key']}",
            f"Orders        {len(store.orders)}, {len(store.queues['new_and_updated'])} of them in the queue new_and_updated",
            "Ctrl-C closes the store.",
        ]
        self.show(shown, lines, as_json=as_json)
        self.stdout.flush()


def opened(state: Path | None, seed: int, orders: int) -> SandboxStore:
    """Return the store that the state file remembers, or a new one; `orders` more are placed in either."""
    if state is None or not state.exists():
        return SandboxStore(seed, orders)
    try:
        store = load(state)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(
            f"{state} does not hold a sandbox store. Remove it, or name another file."
        ) from error
    for _ in range(orders):
        store.place_order()
    return store


def run(store: SandboxStore, stop: threading.Event, every: int, state: Path | None) -> None:
    """Wait for the end; meanwhile place orders and save what changed."""
    saver = threading.Thread(target=keep_saving, args=(store, stop, state), name="saving") if state else None
    if saver:
        saver.start()
    with suppress(KeyboardInterrupt):
        while not stop.wait(every or None):
            store.place_order()
    stop.set()
    if saver:
        saver.join()


def keep_saving(store: SandboxStore, stop: threading.Event, state: Path | None) -> None:
    """Write the state when it has changed, and once more at the end."""
    saved = -1
    while state is not None:
        ending = stop.wait(SAVE_EVERY)
        changes = store.changes
        if changes != saved:
            save(store, state)
            state.chmod(0o600)
            saved = changes
        if ending:
            return
