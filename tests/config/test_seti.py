"""/seti/ as a desktop and as anybody else meets it."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from rest_framework.request import Request

from config.seti import FUNCTIONS, SetiThrottle, SetiView
from orders.keep import keep
from orders.models import Download, Order
from stores.models import Exchange, Merchant, Store
from tests.factories import make_desktop, make_store, raw_orders, without_lines

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
REFUSED = "Invalid user name, password or store code."


def keep_orders(store, count=3):
    raws = raw_orders(count)
    keep(store, raws, fetched_at=NOW, road="queue_ack")
    return raws


def numbers(xml: str) -> list[str]:
    return etree.fromstring(xml.encode()).xpath("/SETIOrders/Order/OrderNumber/text()")


def code(xml: str) -> str:
    return etree.fromstring(xml.encode()).findtext("Response/ResponseCode")


@pytest.mark.parametrize("name", ["sendversion", "SendVersion", "SENDVERSION"])
def test_the_version_is_told_without_a_login(caller, name):
    caller.username = caller.password = ""
    assert caller.text(name) == "SETIResponse: version=1.000"


def test_a_session_counts_then_downloads_page_by_page_until_code_2(store, caller):
    raws = keep_orders(store, 5)
    assert caller.text("ordercount", lastorder="All", lastdate="All") == "SETIResponse: ordercount=5"
    pages = [
        caller.text("downloadorders", lastorder="All", lastdate="All", startnum=str(n), batchsize="2")
        for n in (1, 3, 5, 7)
    ]
    assert [code(page) for page in pages] == ["1", "1", "1", "2"]
    assert [number for page in pages for number in numbers(page)] == [str(raw["id"]) for raw in raws]


def test_the_xml_keeps_to_the_conservative_rules(store, caller):
    keep_orders(store, 20)
    page = caller.text("downloadorders", lastorder="All", lastdate="All")
    declaration, _, rest = page.partition("?>")
    assert declaration == '<?xml version="1.0" encoding="UTF-8"'
    assert "/>" not in rest
    assert "\n" not in rest
    assert "\r" not in rest
    assert not etree.fromstring(page.encode()).xpath("//@*")
    assert not [
        element.tag
        for element in etree.fromstring(page.encode()).iter()
        if not len(element) and not element.text
    ]


def test_after_the_last_order_there_is_nothing_and_the_count_says_so(store, caller):
    raws = keep_orders(store)
    last = str(raws[-1]["id"])
    assert caller.text("ordercount", lastorder=last, lastdate="2-Dec-2025") == "SETIResponse: ordercount=0"
    assert code(caller.text("downloadorders", lastorder=last, lastdate="2-Dec-2025")) == "2"


@pytest.mark.parametrize("lastdate", ["31-Feb-2025", "garbage", "", "0"])
def test_an_unreadable_date_counts_as_absent(store, caller, lastdate):
    keep_orders(store)
    assert caller.text("ordercount", lastorder="999999", lastdate=lastdate) == "SETIResponse: ordercount=3"


def test_missing_lastorder_and_lastdate_mean_all(store, caller):
    keep_orders(store)
    assert caller.text("ordercount") == "SETIResponse: ordercount=3"


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
@pytest.mark.parametrize("wrong", ["password", "username", "code", "nothing"])
def test_a_wrong_login_is_refused_by_every_function_in_the_protocols_own_shape(
    store, caller, function, wrong
):
    keep_orders(store)
    match wrong:
        case "password":
            caller.password += "x"
        case "username":
            caller.username += "x"
        case "code":
            caller.code += "x"
        case "nothing":
            caller.username = caller.password = ""
    answer = caller.text(function)
    if function.startswith("download"):
        assert code(answer) == "3"
        assert "<Order>" not in answer
    else:
        assert answer.startswith("SETIError: ")
    if wrong != "nothing":
        assert REFUSED in answer


@pytest.mark.parametrize("function", ["", "nonsense", "x" * 5000, "<script>"])
def test_an_unknown_or_missing_function_is_a_protocol_error(caller, function):
    assert caller.text(function).startswith("SETIError: ")


@pytest.mark.parametrize("code", ["", "shop", "SHOP"])
def test_the_store_code_may_be_blank_and_in_any_case(caller, code):
    caller.code = code
    assert caller.text("ordercount") == "SETIResponse: ordercount=0"


def test_the_query_string_is_read_and_the_body_wins(store, caller):
    keep_orders(store)
    address = f"/seti/?setifunction=sendversion&setiuser={caller.username}&password={caller.password}"
    assert caller.client.get(address).content == b"SETIResponse: version=1.000"
    assert caller.post(b"setifunction=ordercount", address=address).content == b"SETIResponse: ordercount=3"


def test_a_script_url_without_its_final_slash_works_too(caller):
    response = caller.post(b"setifunction=sendversion", address="/seti")
    assert (response.status_code, response.content) == (200, b"SETIResponse: version=1.000")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "head", "options", "trace"])
def test_other_methods_are_answered_without_an_error_page(caller, method, caplog):
    response = getattr(caller.client, method)("/seti/")
    assert response.status_code == 200
    assert b"<html" not in response.content.lower()
    assert not [record for record in caplog.records if record.exc_info]


def test_a_wrong_host_name_is_answered_in_the_protocols_shape(caller):
    response = caller.client.post(
        "/seti/", b"setifunction=sendversion", content_type="text/plain", headers={"host": "evil.example"}
    )
    assert response.status_code == 200
    assert response.content.startswith(b"SETIError: ")


def test_nothing_is_redirected_to_https(caller, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert caller.text("sendversion") == "SETIResponse: version=1.000"


def test_a_request_over_the_limit_is_refused_in_words(caller):
    response = caller.post(b"setifunction=ordercount&update=" + b"x" * 10_500_000)
    assert response.status_code == 200
    assert response.content.startswith(b"SETIError: ")


def test_a_request_far_over_the_limit_is_refused_in_words(caller):
    response = caller.post(b"setifunction=ordercount&update=" + b"x" * 13_000_000)
    assert response.status_code == 200
    assert b"10 MB" in response.content


def test_a_fault_of_our_own_is_a_protocol_error_without_a_trace_and_is_logged(caller, monkeypatch, caplog):
    def broken(desktop, request):
        raise ZeroDivisionError("the password is hunter2")

    monkeypatch.setitem(FUNCTIONS, "ordercount", broken)
    answer = caller.text("ordercount")
    assert answer.startswith("SETIError: ")
    assert "hunter2" not in answer
    assert "Traceback" not in answer
    assert any("ordercount failed" in record.message for record in caplog.records)


def test_after_ten_failures_the_login_waits_also_with_the_right_password(caller):
    right = caller.password
    caller.password = "wrong"
    answers = [caller.text("ordercount") for _ in range(11)]
    assert answers[9] == f"SETIError: {REFUSED}"
    assert "Too many failed logins" in answers[10]
    caller.password = right
    assert "Too many failed logins" in caller.text("ordercount")


def test_a_failed_login_is_in_the_journal_of_the_store_and_throttled_ones_fill_no_journal(store, caller):
    caller.password = "wrong"
    for _ in range(30):
        caller.text("ordercount")
    assert Exchange.objects.filter(store=store, outcome="refused").count() == 10


def test_an_unreadable_date_is_in_the_journal(caller):
    caller.text("ordercount", lastdate="31-Feb-2025")
    assert "31-Feb-2025" in Exchange.objects.get(function="ordercount").error


@pytest.mark.parametrize(
    "forwarded", ["198.51.100.7:5123", "unknown", "[2001:db8::1]:99", "a, 198.51.100.7", "\x00"]
)
def test_whatever_the_proxy_says_of_the_address_the_desktop_is_served(caller, settings, forwarded):
    settings.BEHIND_PROXY = True
    caller.client.defaults["HTTP_X_FORWARDED_FOR"] = forwarded
    assert caller.text("ordercount") == "SETIResponse: ordercount=0"
    assert Exchange.objects.get(function="ordercount").address in ("198.51.100.7", "2001:db8::1", "127.0.0.1")


def test_one_desktops_failures_do_not_lock_out_another_at_another_address(store, caller):
    other, password = make_desktop(store)
    caller.password = "wrong"
    for _ in range(12):
        caller.text("ordercount")
    caller.username, caller.password = other.username, password
    assert caller.text("ordercount").startswith("SETIResponse")


def test_requests_are_limited_per_desktop(caller, monkeypatch):
    monkeypatch.setattr(SetiThrottle, "THROTTLE_RATES", {"seti": "3/min"})
    monkeypatch.setattr(SetiThrottle, "timer", lambda _: 1_800_000_000)
    answers = [caller.text("ordercount") for _ in range(4)]
    assert answers[2].startswith("SETIResponse")
    assert answers[3].startswith("SETIError: Too many requests. Wait")


def test_receiving_many_skus_one_request_each_is_not_limited(monkeypatch, rf):
    """Stone Edge sends an invupdate for each of them, as fast as it is answered: here fifty in a second."""
    now = itertools.count(1_800_000_000, 0.02)
    monkeypatch.setattr(SetiThrottle, "timer", lambda _: next(now))
    request = Request(rf.post("/seti/", {"setifunction": "invupdate", "setiuser": "receiving"}))
    assert all(SetiThrottle().allow_request(request, SetiView()) for _ in range(620))


@pytest.mark.parametrize("switched_off", ["desktop", "store", "merchant"])
def test_what_is_switched_off_is_not_served(store, caller, switched_off):
    match switched_off:
        case "desktop":
            store.desktops.update(active=False)
        case "store":
            Store.objects.update(active=False)
        case "merchant":
            Merchant.objects.update(active=False)
    assert "switched off" in caller.text("ordercount")


def test_a_desktop_never_sees_another_stores_orders(caller):
    keep_orders(make_store())
    assert caller.text("ordercount", lastorder="All") == "SETIResponse: ordercount=0"
    assert numbers(caller.text("downloadorders", lastorder="All")) == []


def test_a_held_order_stops_no_other(store, caller):
    first, second = raw_orders(2)
    keep(store, [without_lines(first), second], fetched_at=NOW, road="queue_ack")
    assert numbers(caller.text("downloadorders")) == [str(second["id"])]


def test_every_conversation_is_journalled_without_the_password(store, caller):
    keep_orders(store)
    caller.text("downloadorders", lastorder="All", dkey="s3cretkey")
    entry = Exchange.objects.get(function="downloadorders")
    assert (entry.store, entry.desktop.username, entry.outcome) == (store, caller.username, "ok")
    assert caller.password not in entry.request
    assert "s3cretkey" not in entry.request
    assert "lastorder=All" in entry.request
    assert entry.request_id


def test_the_desktop_remembers_when_it_was_seen_and_with_which_version(store, caller):
    caller.text("ordercount")
    desktop = store.desktops.get()
    assert desktop.last_seen_at is not None
    assert desktop.client_version == "7.500"


def test_a_download_is_noted_with_its_reach(store, caller):
    keep_orders(store, 4)
    caller.text("downloadorders", lastorder="All", startnum="2", batchsize="2")
    download = Download.objects.get()
    assert (download.first_number, download.last_number, download.count) == (2, 3, 2)


def test_a_download_changes_no_order(store, caller):
    keep_orders(store)
    before = list(Order.objects.values())
    caller.text("downloadorders", lastorder="All")
    assert list(Order.objects.values()) == before


def test_a_batch_needs_the_same_few_queries_whatever_its_size(store, caller, django_assert_max_num_queries):
    keep_orders(store, 50)
    caller.text("ordercount")
    with django_assert_max_num_queries(12):
        caller.text("downloadorders", lastorder="All", startnum="1", batchsize="50")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    body=st.binary(max_size=400),
    content_type=st.sampled_from(
        ["", "text/xml", "multipart/form-data", "application/x-www-form-urlencoded", "a/b;charset=\u00ff"]
    ),
)
def test_any_bytes_are_answered_in_the_protocols_shape(body, content_type):
    from tests.config.conftest import Caller

    response = Caller("", "").post(body, content_type=content_type)
    assert response.status_code == 200
    assert response.content.startswith((b"SETIError: ", b"SETIResponse", b"<?xml"))


def test_every_answer_has_a_request_id_and_a_length(caller):
    response = caller.client.post(
        reverse("seti"), {"setifunction": "sendversion"}, headers={"x-request-id": "abcdef12"}
    )
    assert response["X-Request-ID"] == "abcdef12"
    assert response["Content-Length"] == str(len(response.content))


@pytest.mark.parametrize("sku", ["4006381333931", "04006381333931", "616929301234567"])
def test_a_long_number_that_is_no_cards_can_be_read_in_the_journal(caller, sku):
    """Articles have bar codes of 13 and 14 digits for SKUs, and carriers numbers of 15."""
    answer = caller.text("invupdate", update=f"{sku}~-2")
    exchange = Exchange.objects.get(function="invupdate")
    assert f"update={sku}~-2" in exchange.request
    assert sku in answer
    assert exchange.response == answer
