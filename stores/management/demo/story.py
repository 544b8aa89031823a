"""What the demo does, step by step: every step talks to the running processes as a shop, a merchant or Stone Edge would."""

import json
import secrets
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from stores import access, cursors
from stores.management.demo import memory
from stores.management.demo.processes import Processes
from stores.miva.client import MivaClient
from stores.miva.paging import ListQuery, Where
from stores.models import Desktop as Login
from stores.models import PullCursor, Store
from stores.sandbox.desktop import ALL, Desktop
from stores.sandbox.desktop_replies import DownloadedOrder
from stores.wires import credentials_of

MERCHANT, STORE, ADMIN = "Demo Merchant", "Demo Store", "admin"
FIRST_ORDERS, LATER_ORDERS = 25, 3
PYTHON = sys.executable
MANAGE = (PYTHON, "manage.py")


class Story:
    """One run of the demo. `say` prints one line."""

    def __init__(
        self, folder: Path, processes: Processes, portal_port: int, say: Callable[[str], None]
    ) -> None:
        """Remember the last run."""
        self.folder = folder
        self.processes = processes
        self.port = portal_port
        self.say = say
        self.memory = memory.load(folder / "memory.json")
        self.sandbox: dict[str, str] = {}

    @property
    def url(self) -> str:
        """The portal's address."""
        return f"http://127.0.0.1:{self.port}"

    def remember(self) -> None:
        """Save what the next run has to know."""
        memory.save(self.memory, self.folder / "memory.json")

    def prepare_database(self) -> None:
        """Migrate, and see that there is an administrator whose password is known."""
        call_command("migrate", verbosity=0)
        users = get_user_model()._default_manager
        user, created = users.get_or_create(username=ADMIN, defaults={"is_staff": True, "is_superuser": True})
        if created or not self.memory.admin_password:
            self.memory.admin_password = secrets.token_urlsafe(12)
            user.set_password(self.memory.admin_password)
            user.save()
            self.remember()

    def open_sandbox(self, port: int, every: int) -> None:
        """Start the Miva store; it finds its orders again and gets some more."""
        state, announced = self.folder / "sandbox.json", self.folder / "sandbox.announced"
        announced.unlink(missing_ok=True)
        placed = LATER_ORDERS if state.exists() else FIRST_ORDERS
        options = ["--port", str(port), "--orders", str(placed), "--every", str(every), "--state", str(state)]
        self.processes.start("sandbox", [*MANAGE, "sandbox", "--json", *options], announced)
        self.processes.wait("Opening the sandbox", lambda: announced.read_text().endswith("\n"), 120)
        self.sandbox = json.loads(announced.read_text())
        announced.unlink()
        self.say(
            f"The sandbox Miva store is open, {placed} orders were just placed: {self.sandbox['endpoint']}"
        )

    def connect(self) -> None:
        """Connect the sandbox as a merchant's store, or find the one of the last run again."""
        store = Store.objects.filter(name=STORE, merchant__name=MERCHANT).first()
        if store is None:
            self.connect_anew()
        else:
            self.find_again(store)
        self.remember()

    def connect_anew(self) -> None:
        """Run connect_store, as support would."""
        options = {
            "--merchant": MERCHANT,
            "--name": STORE,
            "--interval": "1",
            "--token": "-",
            "--signing-key": "-",
        }
        options |= {"--endpoint": self.sandbox["endpoint"], "--store-code": self.sandbox["store_code"]}
        command = [
            *MANAGE,
            "connect_store",
            "--json",
            *(part for option in options.items() for part in option),
        ]
        given = json.loads(
            self.processes.run(command, f"{self.sandbox['token']}\n{self.sandbox['signing_key']}\n")
        )
        self.memory.store, self.memory.store_code = given["store"], given["store_code"]
        self.memory.username, self.memory.password = given["username"], given["password"]
        self.memory.imported = []
        self.say(
            f"The store '{given['store']}' of {MERCHANT} is connected; {len(given['checks'])} checks passed."
        )

    def find_again(self, store: Store) -> None:
        """Take the store of the last run: its endpoint may have moved, and its password may be forgotten."""
        Store.objects.filter(pk=store.pk).update(**self.sandbox)
        login = Login.objects.filter(store=store, username=self.memory.username).first()
        if login is None or not access.matches(self.memory.password, login.password_hash):
            login = Login.objects.filter(store=store).first() or access.issue_desktop(store)[0]
            self.memory.password = access.issue_password(login)
        self.memory.store, self.memory.username, self.memory.store_code = (
            store.slug,
            login.username,
            login.store_code,
        )
        cursors.make_due([store])
        self.say(
            f"The store '{store.slug}' of {MERCHANT} is there from the last run; its turn to be pulled is now."
        )

    def start_portal(self) -> None:
        """Start web process, worker and clock, and wait until the portal says that it is ready."""
        celery = [PYTHON, "-m", "celery", "-A", "config"]
        bind = ["--bind", f"127.0.0.1:{self.port}", "--workers", "2", "--threads", "4"]
        self.processes.start("portal", [PYTHON, "-m", "gunicorn", "config.wsgi", *bind])
        self.processes.start("worker", [*celery, "worker", "--concurrency", "2"])
        self.processes.start("beat", [*celery, "beat"])
        self.processes.wait("Starting the portal", lambda: answers(f"{self.url}/health/ready/"), 240)
        self.say(f"The portal answers: {self.url}/  (worker and clock run beside it)")

    def wait_for_pull(self, since: datetime) -> None:
        """Wait until the worker, told by the clock, has pulled the store. Raises CommandError with its problem."""
        cursor = PullCursor.objects.filter(store__slug=self.memory.store)

        def pulled() -> bool:
            now = cursor.get()
            if (
                now.problem
                and now.last_tried_at
                and now.last_tried_at > since
                and now.problem_kind != "warning"
            ):
                raise CommandError(f"The pull failed: {now.problem} {now.remedy}")
            return now.last_good_at is not None and now.last_good_at > since and now.due_at > now.last_good_at

        self.processes.wait("The pull", pulled, 240)
        self.say(
            "The clock found the store due; the worker pulled its queue and acknowledged the orders to Miva."
        )

    def import_orders(self) -> list[DownloadedOrder]:
        """Import as Stone Edge does: count, then batch after batch of what came after the last import."""
        last = self.memory.imported[-1] if self.memory.imported else ALL
        login = (self.memory.username, self.memory.password, self.memory.store_code)
        with Desktop(f"{self.url}/seti/", *login, batch_size=10) as desktop:
            orders = [order for page in desktop.orders(last) for order in page.orders]
        self.memory.imported += [order.number for order in orders]
        self.remember()
        return orders

    def sold(self) -> dict[str, Decimal]:
        """Return number and total of every order that Miva queues, asked over Miva's own API.

        An order that costs nothing has no payment, and Miva's workflow queues only what has one (Miva reference §9.3).
        """
        client = MivaClient(
            credentials_of(Store.objects.get(slug=self.memory.store)), allow_private=True, allow_http=True
        )
        orders = list(every_order(client))
        paid = {str(order["id"]): Decimal(str(order["total"])) for order in orders if order["payments"]}
        if len(paid) < len(orders):
            free = len(orders) - len(paid)
            self.say(
                f"{free} of {len(orders)} orders cost nothing: without a payment Miva's workflow queues none of them."
            )
        return paid

    def compare(self, sold: dict[str, Decimal], orders: list[DownloadedOrder]) -> None:
        """Raise CommandError unless everything sold was imported exactly once, to the cent."""
        imported = self.memory.imported
        doubled = sorted({number for number in imported if imported.count(number) > 1})
        missing = sorted(sold.keys() - set(imported))
        wrong = [
            order.number
            for order in orders
            if order.number in sold and Decimal(order.value("GrandTotal")) != sold[order.number]
        ]
        if doubled or missing or wrong:
            raise CommandError(
                f"The import is not right. Missing: {missing}; twice: {doubled}; with another total: {wrong}."
            )


def every_order(client: MivaClient) -> Iterator[dict[str, Any]]:
    """Yield all orders, page by page."""
    last = 0
    while rows := client.order_list(
        ListQuery(conditions=(Where("id", "GT", last),), ondemand=("payments",), count=500)
    ).orders:
        yield from rows
        last = int(rows[-1]["id"])


def answers(url: str) -> bool:
    """Whether the address answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # our own http address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def now() -> datetime:
    """Return the present moment, in UTC."""
    return timezone.now()
