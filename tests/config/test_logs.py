"""Log lines: JSON with an id, and nothing secret in them."""

from __future__ import annotations

import json
import logging

import pytest

from config.logs import ContextFilter, JsonFormatter, request_id, without_secrets


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


@pytest.mark.parametrize(
    "text",
    [
        "setiuser=shop&password=hunter22&code=",
        '{"Passphrase": "hunter22"}',
        "token: hunter22",
        "Authorization: hunter22",
        "GET /hooks/miva/hunter22/ 200",
        "dkey=hunter22",
    ],
)
def test_values_of_secret_names_are_masked(text):
    assert "hunter22" not in without_secrets(text)


def test_card_numbers_are_masked_and_order_numbers_are_not():
    assert "4111 1111 1111 1111" not in without_secrets("paid with 4111 1111 1111 1111")
    assert "200143" in without_secrets("order 200143")
