"""What `check --deploy` says about a portal that is set up badly: each with an id and the way out."""

from __future__ import annotations

import secrets

import pytest
from django.core.checks import run_checks

GOOD = {
    "SECRET_KEY": secrets.token_urlsafe(48),
    "FERNET_KEYS": [secrets.token_urlsafe(48), secrets.token_urlsafe(48)],
    "PUBLIC_URL": "https://portal.example.com",
    "ALLOWED_HOSTS": ["portal.example.com"],
    "BEHIND_PROXY": True,
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql"}},
    "EMBEDDED_VALKEY": False,
    "ALLOW_PRIVATE_STORE_HOSTS": False,
}


@pytest.fixture
def found(settings):
    """Return a function that runs the checks with good settings but these."""

    def check(**bad: object) -> dict[str, str]:
        for name, value in (GOOD | bad).items():
            if name != "DATABASES":  # the tests' own stays
                setattr(settings, name, value)
        told = run_checks(include_deployment_checks=True)
        return {each.id: each.hint for each in told if each.id}

    return check


def test_a_good_portal_is_told_nothing_of_ours(found):
    assert not [name for name in found() if name.startswith("connect2cart.")]


@pytest.mark.parametrize(
    ("bad", "named", "way_out"),
    [
        ({"FERNET_KEYS": []}, "connect2cart.E001", "Newest first"),
        ({"FERNET_KEYS": ["a", "a"]}, "connect2cart.E001", "Newest first"),
        ({"FERNET_KEYS": ["changeme", secrets.token_urlsafe(48)]}, "connect2cart.W005", "token_urlsafe"),
        ({"FERNET_KEYS": ["ab" * 40]}, "connect2cart.W005", "token_urlsafe"),
        ({"ALLOWED_HOSTS": ["*"]}, "connect2cart.W006", "portal.example.com"),
        ({"ALLOWED_HOSTS": ["localhost"]}, "connect2cart.W007", "Add portal.example.com"),
        ({"PUBLIC_URL": "https://[2001:db8::1]"}, "connect2cart.W007", "2001:db8::1"),
        ({"PUBLIC_URL": "http://portal.example.com"}, "connect2cart.W004", "clear text"),
        ({"ALLOW_PRIVATE_STORE_HOSTS": True}, "connect2cart.W003", "off"),
        ({"EMBEDDED_VALKEY": True}, "connect2cart.W002", "REDIS_URL"),
        ({"BEHIND_PROXY": False}, "connect2cart.I001", "BEHIND_PROXY"),
        (
            {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"},
            "connect2cart.I002",
            "EMAIL_URL",
        ),
        ({"SECRET_KEY": "changeme"}, "security.W009", None),
    ],
)
def test_what_is_set_up_badly_is_said_with_the_way_out(found, bad, named, way_out):
    told = found(**bad)
    assert named in told
    assert way_out is None or way_out in told[named]


def test_a_weak_key_behind_a_good_one_is_a_rotation(found):
    assert "connect2cart.W005" not in found(FERNET_KEYS=[secrets.token_urlsafe(48), "changeme"])


@pytest.mark.parametrize("hosts", [["portal.example.com"], [".example.com"], ["PORTAL.EXAMPLE.COM"]])
def test_a_host_is_known_however_the_list_writes_it(found, hosts):
    assert "connect2cart.W007" not in found(ALLOWED_HOSTS=hosts)


def test_no_key_is_repeated_in_what_is_said(found, settings):
    found(FERNET_KEYS=["changeme-please"])
    assert not [each for each in run_checks(include_deployment_checks=True) if "changeme" in str(each)]
