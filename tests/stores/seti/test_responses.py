"""The replies that hold no order (SETI §1.5, §1.6, §3.5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.seti import responses as seti
from tests.stores.seti.reading import breaches, parsed, told
from tests.stores.seti.strategies import any_text

ROOTS = ["SETIOrders", "SETIProducts", "SETICustomers"]


@pytest.mark.parametrize("root", ROOTS)
def test_nothing_to_send_is_code_2_without_records(root):
    assert seti.render_nothing(root) == (
        f'<?xml version="1.0" encoding="UTF-8"?><{root}><Response><ResponseCode>2</ResponseCode>'
        f"<ResponseDescription>success</ResponseDescription></Response></{root}>"
    ).encode("ascii")


def test_no_orders_is_the_same_as_nothing_to_send():
    assert seti.render_orders(iter([])) == seti.render_nothing("SETIOrders")


@given(any_text)
def test_an_error_is_code_3_with_any_message_and_keeps_the_rules(message):
    reply = seti.render_error("SETIOrders", message)
    (name, response), *records = told(parsed(reply))
    assert (name, response[0], records) == ("Response", ("ResponseCode", "3"), [])
    assert breaches(reply) == []


def test_the_error_says_the_message():
    assert b"<ResponseDescription>Wrong code &amp; password.</ResponseDescription>" in seti.render_error(
        "SETIOrders", "Wrong code & password."
    )


@given(any_text)
def test_a_text_error_is_one_line_of_printable_ascii_whatever_the_message(message):
    reply = seti.text_error(message)
    assert reply.startswith(b"SETIError: ")
    assert reply.decode("ascii").isprintable()


@given(st.integers(0, 10**9))
def test_counts_are_told_with_the_words_of_the_protocol(count):
    assert seti.order_count_reply(count) == b"SETIResponse: ordercount=%d" % count
    assert seti.item_count_reply(count) == b"SETIResponse: itemcount=%d" % count


def test_the_version_is_told_with_the_words_of_the_protocol():
    assert seti.version_reply() == b"SETIResponse: version=1.000"
    assert seti.version_reply("5.900") == b"SETIResponse: version=5.900"
