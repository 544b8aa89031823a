"""Receivers of alerts, and problems to be told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.utils import timezone

from config.alerts.composing import compose
from config.alerts.telling import tell
from stores.models import AlertHook, AlertRecipient, Problem


def make_recipient(merchant=None, **fields):
    """A person who has confirmed his address."""
    given = {"email": "shop@example.com", "confirmed_at": timezone.now(), "time_zone": "Europe/Berlin"}
    return AlertRecipient.objects.create(**given | {"merchant": merchant} | fields)


def make_problem(store, **fields):
    """A problem that people are to be told."""
    given = {"service": "orders_from_miva", "kind": "credentials", "sentence": "Miva refuses the token."}
    return Problem.objects.create(store=store, ripe=True, **given | fields)


def write_notices():
    """Tell what is ripe; nothing is sent yet."""
    tell(timezone.now())
    return compose(timezone.now())


@dataclass
class Receiver:
    """A web server that takes alerts: what came, and what it answers next.

    `at_step` is told "TAKEN" when it has a call, and "ANSWERED" when all of the answer is out but the last byte of its body.
    """

    url: str = ""
    at_step: Callable[[str], object] = lambda step: None
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on loopback while the block lasts."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            receiver.at_step("TAKEN")
            status, headers = receiver.answers.pop(0) if receiver.answers else (200, {})
            self.send_response(status)
            for name, value in (headers | {"Content-Length": "2"}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"o")
            receiver.at_step("ANSWERED")
            self.wfile.write(b"k")

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # who was killed, or hangs up, leaves his connection broken
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/services/T0/B0"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def make_hook(receiver: Receiver, **fields):
    """A webhook that leads to the receiver."""
    return AlertHook.objects.create(**{"name": "Slack", "url": receiver.url, "secret": "s3cret"} | fields)
