"""kill -9 of a worker that sends alerts, pulled by the mail server when it has taken a mail and has not said so yet.

SMTP cannot tell afterwards whether a mail was taken: this one goes out again, under the same Message-ID, and no other does.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from config.alerts.sending import send_due
from stores.models import Notice
from tests.config.alerting import make_problem, make_recipient, write_notices
from tests.factories import make_store
from tests.mail_server import MailServer, mail_server
from tests.portal import Portal

WORK = "from config.tasks import send_notices; send_notices()"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def test_killed_between_mail_and_receipt_only_that_mail_is_sent_again(portal, server, settings):
    store = make_store()
    for number in range(3):
        make_recipient(store.merchant, email=f"shop-{number}@example.com")
    make_problem(store)
    write_notices()
    assert killed_with_the_second_mail(portal, server) == -signal.SIGKILL
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    send_due()
    assert Notice.objects.filter(done_at=None).count() == 1, "its lease lasts on"
    send_due(timezone.now() + Notice.LEASE + timedelta(seconds=1))
    send_due(timezone.now() + timedelta(hours=2))
    assert not Notice.objects.filter(done_at=None).exists()
    copies = Counter(mail["To"] for mail in server.taken)
    assert sorted(copies.values()) == [1, 1, 2]
    assert len({mail["Message-ID"] for mail in server.taken}) == 3


def killed_with_the_second_mail(portal: Portal, server: MailServer) -> int:
    """Let a process send what is due; the server kills it once it has the second mail. Returns how it ended."""
    portal.environment["EMAIL_URL"] = server.url
    started: list[subprocess.Popen[bytes]] = []

    def kill(verb: str) -> str | None:
        if verb != "TAKEN" or len(server.taken) != 2:
            return None
        os.kill(started[0].pid, signal.SIGKILL)
        started[0].wait(10)
        return ""

    server.at_step = kill
    started.append(portal.begin("shell", "-c", WORK))
    return started[0].wait(120)
