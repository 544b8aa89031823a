"""The commands as scripts use them: JSON, exit codes, sentences on standard error."""

from __future__ import annotations

import io
import json
import re
import time

import pytest
from django.core.management import CommandError, call_command

from orders.models import Order
from stores.access import log_in
from stores.miva.errors import EndpointWrong
from stores.models import Exchange, Merchant, Store
from stores.sandbox import SandboxStore, serve
from stores.sandbox.workflows import NEW_AND_UPDATED
from stores.wires import miva_for
from tests.factories import make_store, store_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox():
    return SandboxStore(seed=3, orders=12)


@pytest.fixture
def server(sandbox):
    with serve(sandbox) as server:
        yield server


@pytest.fixture(autouse=True)
def _sandbox_addresses(settings):
    settings.ALLOW_HTTP_STORES = True  # a sandbox is reached by http


def run(*words: str, monkeypatch=None, stdin: str = "") -> dict:
    out = io.StringIO()
    call_command(*words, "--json", stdout=out)
    found: dict = json.loads(out.getvalue())
    return found


def connecting(sandbox, server, *more: str) -> list[str]:
    return [
        "connect_store", "--merchant", "Acme Goods", "--name", "Acme Shop", "--endpoint", server.endpoint,
        "--store-code", sandbox.store_code, "--token", sandbox.token, "--signing-key", sandbox.signing_key, *more,
    ]  # fmt: skip


def test_connecting_prints_what_the_merchant_enters_in_stone_edge(sandbox, server, settings):
    settings.PUBLIC_URL = "https://portal.example.com"
    found = run(*connecting(sandbox, server))
    assert found["store"] == "acme-shop"
    assert found["script_url"] == "https://portal.example.com/seti/"
    assert found["store_code"] == sandbox.store_code
    assert all(check["ok"] for check in found["checks"])
    assert {"name", "ok", "message"} == set(found["checks"][0])
    assert (
        log_in(found["username"], found["password"], found["store_code"], "192.0.2.1").store.slug
        == "acme-shop"
    )


def test_the_json_holds_no_secret_of_miva(sandbox, server):
    text = json.dumps(run(*connecting(sandbox, server)))
    assert sandbox.token not in text
    assert sandbox.signing_key not in text


def test_secrets_are_read_from_standard_input(sandbox, server, monkeypatch):
    monkeypatch.setattr(
        "sys.stdin", io.StringIO(f"{sandbox.token}\n{sandbox.signing_key}\n{sandbox.passphrase}\n")
    )
    words = connecting(sandbox, server, "--passphrase", "-")
    words[words.index("--token") + 1] = words[words.index("--signing-key") + 1] = "-"
    assert all(check["ok"] for check in run(*words)["checks"])
    assert Store.objects.get().passphrase == sandbox.passphrase


def test_a_second_store_of_a_merchant_shares_the_merchant(sandbox, server):
    run(*connecting(sandbox, server))
    words = connecting(sandbox, server)
    words[words.index("Acme Shop")] = "Acme Outlet"
    words[words.index("Acme Goods")] = "acme  goods"
    run(*words)
    assert (Merchant.objects.count(), Store.objects.count()) == (1, 2)


def test_a_failed_check_keeps_the_store_prints_the_result_and_exits_with_1(sandbox, server):
    out = io.StringIO()
    words = connecting(sandbox, server)
    words[words.index(sandbox.token)] = "wrong-token"
    with pytest.raises(CommandError, match="checks failed"):
        call_command(*words, "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert not all(check["ok"] for check in found["checks"])
    assert Store.objects.count() == 1
    assert found["password"]


@pytest.mark.parametrize(
    ("option", "value", "names"),
    [
        ("--endpoint", "ftp://example.com/json.mvc", "endpoint"),
        ("--interval", "0", "interval_minutes"),
        ("--time-zone", "Mars/Olympus", "Mars/Olympus"),
        ("--name", "!!!", "!!!"),
    ],
)
def test_a_bad_value_is_refused_by_name_and_creates_nothing(sandbox, server, option, value, names):
    with pytest.raises(CommandError, match=names):
        run(*connecting(sandbox, server, "--no-check", option, value))
    assert not Store.objects.exists()
    assert not Merchant.objects.exists()


def test_private_addresses_are_refused_unless_allowed(sandbox, server, settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = False
    words = connecting(sandbox, server, "--no-check")
    words[words.index(server.endpoint)] = "https://169.254.169.254/mm5/json.mvc"
    with pytest.raises(CommandError, match="private network"):
        run(*words)


def test_http_is_refused_without_debug(sandbox, server, settings):
    settings.ALLOW_HTTP_STORES = False
    with pytest.raises(CommandError, match="https"):
        run(*connecting(sandbox, server, "--no-check"))


def test_http_to_a_public_address_is_a_matter_of_debug_alone(sandbox, server, settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = False
    run(*connecting(sandbox, server, "--no-check", "--endpoint", "http://93.184.215.14/mm5/json.mvc"))
    assert Store.objects.get().endpoint.startswith("http://")


def test_a_stored_http_endpoint_is_not_called_without_debug(sandbox, server, settings):
    settings.ALLOW_HTTP_STORES = False
    with pytest.raises(EndpointWrong, match="https"):
        miva_for(store_of(sandbox, server)).call("MivaMerchantVersion")


def test_a_missing_signing_key_is_wrong_usage(sandbox, server):
    words = connecting(sandbox, server)
    del words[words.index("--signing-key") : words.index("--signing-key") + 2]
    with pytest.raises(SystemExit) as caught:
        run(*words)
    assert caught.value.code == 2


def test_pulling_prints_the_counts(sandbox, server):
    slug = run(*connecting(sandbox, server, "--no-check"))["store"]
    waiting = len(sandbox.queues[NEW_AND_UPDATED])
    assert run("pull_store", slug) == {
        "fetched": waiting, "new": waiting, "updated": 0, "unchanged": 0, "held": 0, "acknowledged": waiting,
    }  # fmt: skip
    assert Order.objects.count() == waiting


def test_a_pull_that_fails_exits_with_the_reason_and_the_remedy(sandbox, server):
    slug = run(*connecting(sandbox, server, "--no-check"))["store"]
    sandbox.enabled = False
    with pytest.raises(CommandError, match=r"(?i)disabled|switched off"):
        run("pull_store", slug)


def test_an_unknown_store_is_named_with_the_ones_that_exist(sandbox, server):
    run(*connecting(sandbox, server, "--no-check"))
    with pytest.raises(CommandError, match=r"no store 'nobody'.*acme-shop"):
        run("pull_store", "nobody")


def fast() -> float:
    """A clock that is a quarter of an hour ahead."""
    return time.time() + 900


def mistakes():
    """What can be wrong on Miva's side, how to make it so, and what the check must name."""
    return {
        "wrong token": (lambda sandbox, store: setattr(store, "token", "wrong"), "token", "IP"),
        "wrong signing key": (lambda sandbox, store: setattr(store, "signing_key", "d3Jvbmc"), "signing key", "signing key"),
        "clock off": (lambda sandbox, store: setattr(sandbox, "clock", fast), "clock", r"[89]\d\d seconds|1[456] minutes"),
        "address not allowed": (lambda sandbox, store: setattr(sandbox, "allowed_addresses", ("198.51.100.0/24",)), "token", "IP"),
        "token disabled": (lambda sandbox, store: setattr(sandbox, "enabled", False), "token", "disabled|switched off"),
        "function not granted": (
            lambda sandbox, store: setattr(sandbox, "granted_functions", {"OrderList_Load_Query", "OrderCustomFieldList_Load"}),
            "QueueOrderList_Load_Query",
            "QueueOrderList_Load_Query",
        ),
        "no such queue": (lambda sandbox, store: setattr(store, "queue_code", "nowhere"), "queue", "new_and_updated"),
        "wrong store code": (lambda sandbox, store: setattr(store, "store_code", "OTHER"), "store code", "OTHER|store code"),
    }  # fmt: skip


@pytest.mark.parametrize("mistake", sorted(mistakes()))
def test_check_store_tells_each_mistake_apart_and_says_what_to_do(sandbox, server, mistake):
    slug = run(*connecting(sandbox, server, "--no-check"))["store"]
    arrange, name, words = mistakes()[mistake]
    store = Store.objects.get()
    arrange(sandbox, store)
    store.save()
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("check_store", slug, "--json", stdout=out)
    failed = {
        check["name"]: check["message"] for check in json.loads(out.getvalue())["checks"] if not check["ok"]
    }
    match = [message for check, message in failed.items() if check.endswith(name)]
    assert match, failed
    assert re.search(words, match[0]), match


def test_the_journal_calls_no_answer_of_a_good_store_a_failure(sandbox, server):
    """To learn what the token may, the check asks for orders and products that are none: Miva's refusal is the answer."""
    slug = run(*connecting(sandbox, server))["store"]
    run("check_store", slug)
    assert Exchange.objects.filter(response__contains="Order not found").exists()
    assert not Exchange.objects.exclude(outcome=Exchange.Outcome.OK, error="").exists()


def test_a_check_that_could_not_be_made_is_not_said_to_have_failed(db):
    store = make_store(slug="silent")  # nobody listens there
    with pytest.raises(CommandError) as refused:
        call_command("check_store", store.slug, stdout=io.StringIO())
    assert re.match(
        r"1 of (\d+) checks failed, \d+ could not be made\. First: endpoint: ", str(refused.value)
    )
