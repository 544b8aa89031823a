"""Killing a real process of ours at a call that it makes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from io import StringIO
from typing import Any

from django.core.management import call_command

from stores.sandbox import Call, SandboxStore
from tests.portal import Portal


def killed_at(
    portal: Portal, shop: SandboxStore, moment: Callable[[Call], bool], *command: str
) -> subprocess.Popen[bytes]:
    """Run a command whose process is killed when the shop has acted upon the call that is the moment, before it answers."""
    started: list[subprocess.Popen[bytes]] = []

    def kill(call: Call) -> None:
        if started and started[0].poll() is None and moment(call):
            os.kill(started[0].pid, signal.SIGKILL)
            started[0].wait(10)

    shop.before_reply.append(kill)
    started.append(portal.begin(*command))
    started[0].wait(120)
    shop.before_reply.remove(kill)
    return started[0]


def asked(*command: str) -> dict[str, Any]:
    """Run a command of whoever comes after the killed one, in this process; returns the object it prints."""
    printed = StringIO()
    call_command(*command, json=True, stdout=printed)
    return json.loads(printed.getvalue())


def nth(function: str, number: int) -> Callable[[Call], bool]:
    """Return whether a call is the function's call with this number, counted from 1."""
    seen: list[Call] = []

    def matches(call: Call) -> bool:
        if call.function == function:
            seen.append(call)
            return len(seen) == number
        return False

    return matches
