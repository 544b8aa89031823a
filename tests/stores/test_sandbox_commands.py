"""`manage.py sandbox` and `manage.py desktop` as programs: what they print, remember and answer to wrong usage."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import ManagementUtility

from stores.miva.client import Credentials, MivaClient
from stores.miva.paging import ListQuery
from stores.sandbox import SandboxStore
from stores.sandbox.persistence import load, save
from tests.factories import make_desktop, make_store, raw_orders
from tests.services import die_with_parent

ROOT = Path(__file__).parents[2]


def command(*arguments: str) -> list[str]:
    """Return the command line."""
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end, in a process of its own."""
    return subprocess.run(
        command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def typed(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end as manage.py does, in this process."""
    out, err, code = StringIO(), StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            ManagementUtility().fetch_command(arguments[0]).run_from_argv(["manage.py", *arguments])
        except SystemExit as ended:
            code = ended.code
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


@contextmanager
def sandbox(*options: str) -> Iterator[dict[str, str]]:
    """Run a sandbox; gives what it announces, and expects an orderly end."""
    arguments = command("sandbox", "--json", *options)
    process = subprocess.Popen(
        arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=120)
    assert (process.returncode, rest) == (0, "")


def numbers_in(announced: dict[str, str]) -> list[int]:
    """Ask the sandbox for its orders over Miva's API, with the credentials that it announced."""
    client = MivaClient(Credentials(**announced), allow_private=True, allow_http=True)
    return [int(order["id"]) for order in client.order_list(ListQuery(count=100)).orders]


def test_the_announced_credentials_open_the_store() -> None:
    with sandbox("--orders", "4", "--seed", "9") as announced:
        assert announced.keys() == {"endpoint", "store_code", "token", "signing_key"}
        assert len(numbers_in(announced)) == 4


def test_the_same_seed_gives_the_same_credentials_and_another_seed_others() -> None:
    assert SandboxStore(seed=9).token == SandboxStore(seed=9).token != SandboxStore(seed=8).token


def test_a_store_with_a_state_file_goes_on_where_it_ended(tmp_path: Path) -> None:
    state = str(tmp_path / "state.json")
    with sandbox("--orders", "3", "--state", state) as first:
        before = numbers_in(first)
    with sandbox("--orders", "1", "--state", state) as second:
        after = numbers_in(second)
    assert first["token"] == second["token"]
    assert (after[:3], len(after)) == (before, 4)


def test_the_state_file_is_for_this_user_alone(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with sandbox("--state", str(state)):
        pass
    assert state.stat().st_mode & 0o077 == 0


def test_a_state_file_that_holds_something_else_is_refused_by_name(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text('{"seed": 1}')
    done = run("sandbox", "--state", str(state))
    assert (done.returncode, str(state) in done.stderr) == (1, True)
    assert state.read_text() == '{"seed": 1}'


def test_saving_and_loading_keeps_the_queues(tmp_path: Path) -> None:
    shop = SandboxStore(seed=2, orders=5)
    save(shop, tmp_path / "state.json")
    assert load(tmp_path / "state.json").queues == shop.queues


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("sandbox", "--port", port)
    assert done.returncode == 1
    assert f"Port {port}" in done.stderr


@pytest.mark.parametrize(
    "options", [("--orders", "-1"), ("--port", "70000"), ("--seed", "x"), ("--unknown",)]
)
def test_wrong_usage_of_the_sandbox_exits_with_2(options: tuple[str, ...]) -> None:
    assert typed("sandbox", *options).returncode == 2


LOGIN = ("--url", "http://127.0.0.1:9/seti/", "--username", "u", "--password", "p")


@pytest.mark.parametrize(
    "arguments",
    [
        *((), ("orders",), ("fly", *LOGIN), ("orders", *LOGIN, "--batch", "0"), ("ship", *LOGIN)),
        ("ship", *LOGIN, "--order", "1", "--tracking", "1Z:x=1"),
        ("adjust", *LOGIN, "--quantity", "MUG-11"),
    ],
)
def test_wrong_usage_of_the_desktop_exits_with_2(arguments: tuple[str, ...]) -> None:
    assert typed("desktop", *arguments).returncode == 2


def test_a_portal_that_does_not_answer_is_a_failure_with_its_reason() -> None:
    done = typed("desktop", "version", *LOGIN)
    assert (done.returncode, done.stdout) == (1, "")
    assert "did not answer" in done.stderr


@pytest.mark.django_db(transaction=True)
class TestAgainstThePortal:
    """The desktop command and the real views."""

    def asked(
        self, live_server: Any, action: str, *, password: str = "", batch: str = "50"
    ) -> "subprocess.CompletedProcess[str]":
        """Run one action against a store with three orders, each of them kept."""
        from django.utils import timezone

        from orders.keep import keep

        store = make_store()
        keep(store, raw_orders(3), fetched_at=timezone.now(), road="queue_ack")
        login, right = make_desktop(store)
        given = (
            "--url",
            f"{live_server.url}/seti/",
            "--username",
            login.username,
            "--password",
            password or right,
        )
        return typed("desktop", action, *given, "--batch", batch, "--json")

    def test_count_prints_how_many_orders_there_are(self, live_server: Any) -> None:
        assert json.loads(self.asked(live_server, "count").stdout) == {"ordercount": 3}

    def test_orders_prints_every_order_with_its_lines_as_lists(self, live_server: Any) -> None:
        answer = json.loads(self.asked(live_server, "orders", batch="2").stdout)
        assert (answer["count"], answer["batches"]) == (3, 2)
        assert all(isinstance(order["Shipping"]["Product"], list) for order in answer["orders"])

    def test_a_wrong_password_is_a_failure_in_the_portals_words(self, live_server: Any) -> None:
        done = self.asked(live_server, "count", password="wrong")
        assert (done.returncode, done.stdout) == (1, "")
        assert "Invalid user name, password or store code" in done.stderr
