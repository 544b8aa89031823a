"""A mail server with memory on loopback: what came in, and a say in what happens at each step (RFC 5321)."""

from __future__ import annotations

import email
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message

ANSWERS = {"EHLO": "250 here", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on", "QUIT": "221 bye"}


@dataclass
class MailServer:
    """Where it listens, the mails that it has taken, and what is asked at each step.

    `at_step` gets the verb ("TAKEN" once it has a mail, before it says so) and may return an answer of its own; an empty one
    ends the connection without a word.
    """

    port: int = 0
    taken: list[Message] = field(default_factory=list)
    at_step: Callable[[str], str | None] = lambda verb: None

    @property
    def url(self) -> str:
        """What EMAIL_URL takes."""
        return f"smtp://127.0.0.1:{self.port}"


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A mail server while the block lasts."""
    server = MailServer()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here")
            while verb := self.rfile.readline().decode()[:4].upper():
                if not self.answer(verb):
                    return

        def answer(self, verb: str) -> bool:
            said = server.at_step(verb)
            answer = ANSWERS[verb] if said is None else said
            if not self.say(answer):
                return False
            if answer.startswith("354"):
                return self.take()
            return verb != "QUIT"

        def take(self) -> bool:
            lines: list[bytes] = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            server.taken.append(email.message_from_bytes(b"".join(lines)))
            said = server.at_step("TAKEN")
            return self.say("250 taken" if said is None else said)

        def say(self, answer: str) -> bool:
            if answer:
                self.wfile.write(f"{answer}\r\n".encode())
            return bool(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as listening:
        listening.daemon_threads = True
        listening.handle_error = lambda *_: None  # who was killed leaves his connection broken
        server.port = listening.server_address[1]
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()
