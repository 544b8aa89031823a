"""The order of Miva's refusals (Miva reference §2)."""

import json
import time

import pytest

from stores.sandbox.authorization import signature_of

DENIED = {"success": 0, "error_code": "access_denied", "error_message": "Access denied"}


def refusal(response):
    assert response.status_code == 200
    return response.json()["error_message"]


def version_body(store, **members):
    return json.dumps(
        {"Function": "MivaMerchantVersion", "Miva_Request_Timestamp": store.now()} | members
    ).encode()


def test_a_signed_call_with_a_fresh_timestamp_is_answered(caller):
    assert caller.call("MivaMerchantVersion")["success"] == 1


def test_the_signature_of_a_known_body_is_the_documented_recipe():
    assert signature_of("a2V5", "sha256", b"{}") == "p3dyTZQ+tI3Gm8qKSm1XoE2z+ex+HeTlgehgJlvfMDI="


def test_an_offline_api_answers_503_whatever_else_is_wrong(caller, store):
    store.api_offline = True
    response = caller.post({"Function": "MivaMerchantVersion"}, headers={"Content-Type": "text/plain"})
    assert (response.status_code, response.json()["error_code"]) == (503, "api_offline")


def test_get_is_refused_before_the_token_is_looked_at(caller):
    response = caller.http.get(caller.endpoint, headers={"X-Miva-API-Authorization": "MIVA nobody"})
    assert refusal(response) == "Invalid request method"


def test_a_form_post_is_refused_before_the_authorization_type(caller):
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Miva-API-Authorization": "Bearer x"}
    assert refusal(caller.post({}, headers=headers)) == "Invalid request content type"


def test_a_charset_after_the_content_type_is_fine(caller):
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert caller.post({"Function": "MivaMerchantVersion"}, headers=headers).json()["success"] == 1


def test_an_unknown_authorization_type_is_named(caller):
    headers = {"X-Miva-API-Authorization": "Bearer abc"}
    assert refusal(caller.post({}, headers=headers)) == "Unrecognized authorization type"


def test_a_wrong_token_is_just_denied(caller):
    assert caller.post({}, headers={"X-Miva-API-Authorization": "MIVA-HMAC-SHA256 nobody:x"}).json() == DENIED


def test_a_wrong_token_waits_for_the_failed_login_delay(caller, store):
    store.failed_login_delay = 0.15
    started = time.monotonic()
    caller.post({}, headers={"X-Miva-API-Authorization": "MIVA-HMAC-SHA256 nobody:x"})
    assert time.monotonic() - started >= 0.15


def test_an_address_outside_the_list_looks_like_a_wrong_token(caller, store):
    store.allowed_addresses = ("203.0.113.0/24", "::/0")
    assert caller.call("MivaMerchantVersion") == DENIED


def test_an_address_inside_a_network_is_let_in(caller, store):
    store.allowed_addresses = ("127.0.0.0/8",)
    assert caller.call("MivaMerchantVersion")["success"] == 1


def test_a_disabled_token_says_so(caller, store):
    store.enabled = False
    assert caller.call("MivaMerchantVersion")["error_message"] == "Token is disabled"


def test_a_required_timestamp_must_be_there(caller, store):
    body = json.dumps({"Function": "MivaMerchantVersion"}).encode()
    assert refusal(caller.send(body)) == "Missing required timestamp"


@pytest.mark.parametrize("seconds", [-61, 61])
def test_a_timestamp_outside_the_window_is_refused(caller, store, seconds):
    answer = caller.call("MivaMerchantVersion", Miva_Request_Timestamp=store.now() + seconds)
    assert answer["error_message"] == "Timestamp outside configured window"


@pytest.mark.parametrize("seconds", [-60, 60])
def test_a_timestamp_at_the_edge_of_the_window_is_accepted(caller, store, seconds):
    assert caller.call("MivaMerchantVersion", Miva_Request_Timestamp=store.now() + seconds)["success"] == 1


def test_a_timestamp_that_is_not_required_is_not_checked(caller, store):
    store.require_timestamp = False
    assert caller.call("MivaMerchantVersion", Miva_Request_Timestamp=1)["success"] == 1


def test_the_timestamp_is_checked_before_the_signature(caller, store):
    headers = {"X-Miva-API-Authorization": f"MIVA-HMAC-SHA256 {store.token}:wrong"}
    response = caller.http.post(
        caller.endpoint,
        content=version_body(store, Miva_Request_Timestamp=1),
        headers=headers | {"Content-Type": "application/json"},
    )
    assert refusal(response) == "Timestamp outside configured window"


def test_a_plain_token_is_refused_where_signatures_are_required(caller, store):
    response = caller.post({}, headers={"X-Miva-API-Authorization": f"MIVA {store.token}"})
    assert refusal(response) == "Timestamp requires request signature"


def test_a_plain_token_serves_where_signatures_are_not_required(caller, store):
    store.require_signature = False
    headers = {"X-Miva-API-Authorization": f"miva {store.token}"}
    assert caller.post({"Function": "MivaMerchantVersion"}, headers=headers).json()["success"] == 1


def test_a_signature_over_other_bytes_is_refused(caller, store):
    signature = signature_of(store.signing_key, "sha256", b"other")
    headers = {"X-Miva-API-Authorization": f"MIVA-HMAC-SHA256 {store.token}:{signature}"}
    assert refusal(caller.post({}, headers=headers)) == "Invalid request signature"


def test_without_the_header_there_is_no_api(caller, store):
    response = caller.http.post(
        caller.endpoint, content=version_body(store), headers={"Content-Type": "application/json"}
    )
    assert response.json() == DENIED


def test_another_path_is_not_found(caller):
    response = caller.http.post(caller.endpoint.replace("json.mvc", "admin.mvc"))
    assert (response.status_code, response.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
