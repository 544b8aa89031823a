import base64
import dataclasses
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.miva.credentials import Credentials
from stores.miva.errors import AccessDenied, MivaLocked, SigningKeyUnusable
from stores.miva.signing import authorization, basic_authorization, decoded_key

KEYS = Credentials(
    "https://store.example.com/mm5/json.mvc", "DEMO", "abc123", "a2V5", passphrase="open sesame"
)
BODY = '{"Store_Code":"DEMO","name":"Zoë"}'.encode()


def test_an_unsigned_token_stands_alone_in_the_header() -> None:
    assert authorization(dataclasses.replace(KEYS, digest="none"), BODY) == "MIVA abc123"


@pytest.mark.parametrize(("digest", "algorithm"), [("sha256", hashlib.sha256), ("sha1", hashlib.sha1)])
def test_the_signature_is_made_over_the_exact_bytes(digest: str, algorithm: object) -> None:
    expected = base64.b64encode(hmac.digest(b"key", BODY, digest)).decode()
    header = authorization(dataclasses.replace(KEYS, digest=digest), BODY)
    assert header == f"MIVA-HMAC-{digest.upper()} abc123:{expected}"


@given(st.binary(min_size=1, max_size=64))
def test_a_key_shown_without_its_padding_is_the_same_key(key: bytes) -> None:
    padded = base64.b64encode(key).decode()
    assert decoded_key(padded.rstrip("=")) == decoded_key(padded) == key


@pytest.mark.parametrize("key", ["not base64!", "a", "a2V5 a2V5", "schlüssel"])
def test_a_key_that_is_not_base64_is_named(key: str) -> None:
    with pytest.raises(SigningKeyUnusable, match="Signing key"):
        authorization(dataclasses.replace(KEYS, signing_key=key), BODY)


def test_an_empty_key_says_how_to_do_without() -> None:
    with pytest.raises(MivaLocked, match="Digest to none"):
        authorization(dataclasses.replace(KEYS, signing_key=" "), BODY)


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "töken", "a:b"])
def test_a_token_that_cannot_stand_in_a_header_is_named(token: str) -> None:
    with pytest.raises(AccessDenied, match="Token"):
        authorization(dataclasses.replace(KEYS, token=token), BODY)


def test_basic_login_is_utf_8() -> None:
    assert basic_authorization("user", "pä:ss") == "Basic " + base64.b64encode("user:pä:ss".encode()).decode()


def test_credentials_show_no_secret() -> None:
    shown = repr(dataclasses.replace(KEYS, basic_user="wall", basic_password="letmein"))
    assert "DEMO" in shown
    assert not any(secret in shown for secret in ("abc123", "a2V5", "open sesame", "letmein"))


def test_an_unknown_digest_is_refused() -> None:
    with pytest.raises(ValueError, match="md5"):
        dataclasses.replace(KEYS, digest="md5")
