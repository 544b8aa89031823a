"""Log lines: JSON with an id, and nothing secret in them."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from config.logs import ContextFilter, JsonFormatter, without_secrets
from stores.context import request_id


def line(message: str, *args: object) -> dict[str, str]:
    record = logging.LogRecord("portal", logging.WARNING, __file__, 1, message, args, None)
    ContextFilter().filter(record)
    parsed: dict[str, str] = json.loads(JsonFormatter().format(record))
    return parsed


def test_a_line_is_json_with_time_level_logger_and_request_id():
    mark = request_id.set("abc123")
    try:
        found = line("pull of %s failed", "shop")
    finally:
        request_id.reset(mark)
    assert (found["level"], found["logger"], found["request_id"], found["message"]) == (
        "WARNING",
        "portal",
        "abc123",
        "pull of shop failed",
    )
    assert found["at"]


SECRETS = [
    "setiuser=shop&password=hunter22&code=",
    '{"Passphrase": "hunter22"}',
    '{"a": {"cvv2": "hunter22"}}',
    "token: hunter22",
    "access_token=hunter22&x=1",
    "basic_password=hunter22",
    "Authorization: MIVA-HMAC-SHA256 abc:hunter22",
    "X-Miva-API-Authorization: MIVA abc hunter22",
    "Authorization: Basic aGVsbG8 hunter22",
    "GET /hooks/miva/hunter22/ 200",
    "dkey=hunter22",
]


@pytest.mark.parametrize("text", SECRETS)
def test_values_of_secret_names_are_masked(text):
    assert "hunter22" not in without_secrets(text)


@pytest.mark.parametrize("text", SECRETS)
def test_they_are_masked_in_a_finished_line_and_in_a_traceback_too(text):
    assert "hunter22" not in json.dumps(line("%s", text))
    try:
        raise ValueError(text)
    except ValueError:
        record = logging.LogRecord("portal", logging.ERROR, __file__, 1, "failed", (), sys.exc_info())
        ContextFilter().filter(record)
        assert "hunter22" not in JsonFormatter().format(record)


def test_card_numbers_are_masked_and_order_numbers_are_not():
    assert "4111 1111 1111 1111" not in without_secrets("paid with 4111 1111 1111 1111")
    assert "200143" in without_secrets("order 200143")
