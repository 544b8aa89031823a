"""No card number and no verification code stays anywhere: database, broker, logs and answers, after everything that brings some.

The scan is independent of the code that masks: every run of 13 to 19 digits that passes the Luhn check, and every member or
word for a verification code beside one.
"""

from __future__ import annotations

import html
import json
import logging
import re

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from config.logs import ContextFilter, JsonFormatter
from orders import hints
from orders.models import Order, ReceivedPage
from orders.pull import pull
from orders.roads import road_for
from orders.tasks import nudge_hints, pull_store
from stores import cursors, webhooks
from stores.miva import shapes
from stores.miva.errors import MivaError
from stores.models import Exchange, Store
from stores.sandbox import SandboxStore, serve
from stores.wires import miva_for
from tests.config.conftest import Caller
from tests.factories import make_desktop, store_of

pytestmark = pytest.mark.django_db(transaction=True)

NUMBERS = ("4111111111111111", "378282246310005", "5555555555554444", "6011000990139424")
VISA, AMEX, MASTER, DISCOVER = NUMBERS
GROUPED = "4111 1111-1111.1111"
ODDLY_GROUPED = "6011/0009_9013, 9424"
IN_LINES = "my card\n4111 1111\n1111 1111 CVV\t737"
ESCAPED = "CVV: 737, old 5555&#45;5555&amp;#45;5555&#45;4444, or 4111<br>1111<br>1111<br>1111"
TYPED = f"please charge {GROUPED}, exp 12/27, CVV: 737 - or {AMEX} (security code 7373)"
SECRET_CODES = ("737", "7373", "9141")
RUN = re.compile(r"(?<![0-9])[0-9](?:[ .-]?[0-9]){12,18}(?![0-9])")
CODE = re.compile(
    r"(?:cvv2?|cvc|card_?code|security.?code)[^a-z0-9\n]{0,6}(?:737|7373|9141)(?![0-9])", re.IGNORECASE
)
TABLES_OF_KEYS = ("django_session", "auth_user", "stores_desktop")  # hashes, which hold no text of an order


def luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def displayed(text: str) -> str:
    """The text with escapes of JSON, entities and tags undone, as somebody would read it."""
    text = re.sub(r"\\\\+[nrt]", " ", text)
    for _ in range(3):
        text = html.unescape(text)
    return re.sub(r"<br ?/?>", "", text)


def findings(text: str) -> list[str]:
    """Card numbers and verification codes in the text, as it stands and as it is displayed, with what stands around them."""
    return found_in(text) + found_in(displayed(text))


def found_in(text: str) -> list[str]:
    """Card numbers and verification codes in the text, each with what stands around it."""
    cards = [run for run in RUN.finditer(text) if is_card(re.sub("[^0-9]", "", run[0]))]
    planted = [re.search(number, re.sub(r"[ ._,/-]", "", text)) for number in NUMBERS]
    found = [*cards, *CODE.finditer(text)]
    around = [text[max(match.start() - 60, 0) : match.end() + 20] for match in found]
    return around + [match[0] for match in planted if match]


def is_card(digits: str) -> bool:
    return digits[0] in "3456" and len(set(digits)) > 1 and luhn(digits)


def database() -> str:
    """Every row of every table as text."""
    lines = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table not in TABLES_OF_KEYS:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # our own tables
                lines += [f"{table}: {value}" for row in cursor.fetchall() for value in row]
    return "\n".join(lines)


def broker() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL.split("?")[0], db=int(settings.REDIS_URL.rpartition("db=")[2])
    )


def waiting_messages() -> str:
    """Every key of the broker with its value."""
    server = broker()
    lines = []
    for key in server.keys("*"):
        kind = server.type(key)
        value = server.lrange(key, 0, -1) if kind == b"list" else server.dump(key)
        lines.append(f"{key!r}: {value!r}")
    return "\n".join(lines)


def everywhere() -> dict:
    """The members of an order with card data wherever a person or a gateway can put some."""
    data = {"cc_card": "Visa", "cc_name": "Ana", "cc_number": VISA, "cc_exp": "12/2027", "cvv2": "9141"}
    option = {"attr_prompt": "Engraving", "data": TYPED, "data_long": TYPED, "value": TYPED, "opt_code": ""}
    typed = {"code": "x", "sku": "", "name": f"By phone {MASTER}", "price": 0, "quantity": 1, "product_id": 0}
    item = {"code": "mug", "sku": "MUG-1", "name": "Mug", "price": 14, "quantity": 1, "options": [option]}
    answer = json.dumps({"pan": MASTER, "card_code": "9141", "amount": "14.00"})
    return {
        "ship_fname": f"Ana {VISA}", "ship_addr2": GROUPED, "ship_phone": VISA, "bill_comp": TYPED,
        "items": [item, typed], "charges": [],
        "payments": [
            {"module": "mod10", "type": 1, "amount": 7, "description": "Visa", "pay_secid": 2, "data": data},
            {"module": "authnet", "type": 3, "amount": 7, "refnum": "r1", "description": f"Card {DISCOVER}",
             "data": {"answer": answer, "x_card_num": DISCOVER, "x_card_code": "9141", "token": AMEX}},
        ],
        "notes": [{"id": 1, "user_id": 0, "cust_id": 4, "notetext": f"{TYPED} {ODDLY_GROUPED}", "dtstamp": 1},
                  {"id": 2, "user_id": 0, "cust_id": 4, "notetext": IN_LINES, "dtstamp": 1},
                  {"id": 3, "user_id": 0, "cust_id": 4, "notetext": ESCAPED, "dtstamp": 1}],
        "CustomField_Values": {"customfields": {"comments": TYPED, "gift": [TYPED], "card_cvv": "9141"}},
    }  # fmt: skip


@pytest.fixture
def sandbox():
    sandbox = SandboxStore(seed=3)
    for _ in range(3):
        sandbox.place_order(**everywhere())
    return sandbox


@pytest.fixture
def connected(sandbox):
    with serve(sandbox) as server:
        yield lambda **fields: store_of(sandbox, server, **fields)


@pytest.fixture
def logged():
    """The lines that the portal's own handler writes, down to the last detail."""
    lines: list[str] = []
    formatter = JsonFormatter()

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(formatter.format(record))

    handler, root = Kept(logging.DEBUG), logging.getLogger()
    handler.addFilter(ContextFilter())
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)


def scan(logged) -> dict[str, list[str]]:
    places = {"database": database(), "broker": waiting_messages(), "log": "\n".join(logged)}
    return {place: found for place, text in places.items() if (found := findings(text))}


def test_the_scan_finds_what_is_planted(sandbox):
    text = shapes.encode(list(sandbox.orders.values())).decode() + repr(sandbox.secured)
    found = "\n".join(findings(text))
    for planted in (*NUMBERS, GROUPED, "737", "7373", "9141"):
        assert planted in found


@pytest.mark.parametrize("strategy", [Store.Strategy.QUEUE_ACK, Store.Strategy.QUEUE, Store.Strategy.DATE])
def test_nothing_stays_after_a_pull(sandbox, connected, logged, strategy):
    store = connected(strategy=strategy, passphrase=sandbox.passphrase)
    pull(store)
    assert Order.objects.count() == 3
    assert not Order.objects.exclude(state="exportable").exists()
    assert Exchange.objects.exists()
    assert scan(logged) == {}
    assert sandbox.passphrase not in database()


def test_nothing_is_in_a_page_that_waits_on_disk(sandbox, connected, logged):
    store = connected(strategy=Store.Strategy.QUEUE, passphrase=sandbox.passphrase)
    road = road_for(store, miva_for(store))
    road.received(road.ask(), timezone.now())
    assert len(ReceivedPage.objects.get().orders) == 3
    assert scan(logged) == {}


def test_nothing_stays_of_an_order_that_cannot_be_translated(sandbox, connected, logged):
    for order in sandbox.orders.values():
        order["status"] = TYPED
    pull(connected(passphrase=sandbox.passphrase))
    assert Order.objects.filter(state="held").count() == 3
    assert scan(logged) == {}


@pytest.mark.parametrize(
    ("fault", "options"), [("cut_json", {}), ("error_code", {"message": f"Bad order: {TYPED} {MASTER}"})]
)
def test_nothing_stays_after_an_answer_that_cannot_be_used(sandbox, connected, logged, fault, options):
    sandbox.faults.add(fault, times=None, **options)
    store = connected(passphrase=sandbox.passphrase)
    with pytest.raises(MivaError):
        pull(store)
    assert sandbox.faults.taken
    assert scan(logged) == {}


def test_nothing_stays_after_a_webhook_and_the_task_that_it_sends(sandbox, connected, logged):
    store = connected(passphrase=sandbox.passphrase)
    posted = shapes.encode(sandbox.orders[min(sandbox.orders)])
    assert VISA.encode() in posted
    address = f"/hooks/miva/{webhooks.issue(store).secret}/"
    broker().flushdb()
    for body in (
        posted,
        b'{"id": "' + VISA.encode() + b'", "note": "' + TYPED.encode() + b'"',
        b"garbage " + posted,
    ):
        assert Client().post(address, body, content_type="application/json").status_code == 200
    Client().get(address, {"Order_ID": TYPED})
    pull_store.delay(store.pk)
    assert waiting_messages()
    assert scan(logged) == {}
    hints.fetch_hinted(store)
    nudge_hints(store.pk)
    assert Order.objects.count() == 1
    assert scan(logged) == {}
    broker().flushdb()


def test_nothing_stays_after_a_request_of_stone_edge_that_carries_some(sandbox, connected, logged):
    store = connected(passphrase=sandbox.passphrase)
    pull(store)
    desktop, password = make_desktop(store)
    caller = Caller(desktop.username, password, desktop.store_code)
    answers = [
        caller.text("downloadorders", lastorder="All", lastdate="All"),
        caller.text("ordercount", lastorder=VISA, lastdate=TYPED),
        caller.text("updatestatus", update=f"<x><Note>{TYPED}</Note><CardNumber>{MASTER}</CardNumber></x>"),
        caller.text(f"nonsense {VISA}", cvv2="9141", cc_number=DISCOVER),
    ]
    assert Exchange.objects.filter(direction="desktop").count() == len(answers)
    assert scan(logged) == {}
    assert findings(answers[0]) == []


def warnings_of(store) -> set[str]:
    pull(store)
    assert not Order.objects.exclude(state="exportable").exists()
    return {warning.partition("(")[2] for row in Order.objects.all() for warning in row.warnings}


def xml_of(store) -> str:
    desktop, password = make_desktop(store)
    caller = Caller(desktop.username, password, desktop.store_code)
    return caller.text("downloadorders", lastorder="All", lastdate="All")


def test_the_right_passphrase_opens_payments_as_they_are_pulled(sandbox, connected):
    store = connected(passphrase=sandbox.passphrase)
    assert warnings_of(store) == set()
    assert "<Number>1111</Number><ExpirationDate>12/2027</ExpirationDate><FullName>Ana</FullName>" in xml_of(
        store
    )


@pytest.mark.parametrize(
    ("passphrase", "remedy"), [("", "Enter the passphrase"), ("not this one", "Check the passphrase")]
)
def test_without_the_right_passphrase_orders_come_all_the_same_with_the_remedy(
    sandbox, connected, passphrase, remedy
):
    store = connected(passphrase=passphrase)
    [warning] = warnings_of(store)
    assert remedy in warning
    xml = xml_of(store)
    assert xml.count("<CreditCard>") == 6
    assert "12/2027" not in xml


def test_once_the_passphrase_is_right_the_order_comes_again_with_its_details(sandbox, connected):
    store = connected(strategy=Store.Strategy.DATE)
    assert warnings_of(store)
    store.passphrase = sandbox.passphrase
    store.save()
    cursors.make_due([store])
    assert warnings_of(store) == set()
    assert "12/2027" in xml_of(store)
