"""The environment: strict, also from files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env

ROOT = Path(env.BASE_DIR)


@pytest.mark.parametrize(
    ("value", "meant"),
    [("on", True), ("TRUE", True), ("1", True), ("off", False), ("0", False), ("no", False)],
)
def test_a_flag_is_on_or_off(monkeypatch, value, meant):
    monkeypatch.setenv("DEBUG", value)
    assert env.flag("DEBUG") is meant


def test_a_flag_that_is_neither_refuses_the_start(monkeypatch):
    monkeypatch.setenv("DEBUG", "maybe")
    with pytest.raises(ImproperlyConfigured, match=r"DEBUG is 'maybe'"):
        env.flag("DEBUG")


def test_a_value_may_come_from_a_file(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("from a file\n")
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "secret"))
    assert env.text("SECRET_KEY") == "from a file"


def test_words_are_split_and_blanks_dropped(monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", " a.example, ,b.example ")
    assert env.words("ALLOWED_HOSTS") == ["a.example", "b.example"]


@pytest.mark.parametrize("value", ["portal.example.com", "ftp://x", "https://"])
def test_a_public_url_must_be_an_address(monkeypatch, value):
    monkeypatch.setenv("PUBLIC_URL", value)
    with pytest.raises(ImproperlyConfigured, match="PUBLIC_URL"):
        env.public_url("PUBLIC_URL", "https://x.example")


def settings_with(**environment: str) -> subprocess.CompletedProcess[str]:
    """Import the settings in a process of their own with just this environment."""
    code = (
        "import json; from config import settings as s; "
        "print(json.dumps({n: getattr(s, n) for n in ('DEBUG', 'SECURE_SSL_REDIRECT', 'CELERY_BROKER_URL', 'EMBEDDED_VALKEY')}))"
    )
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={"PATH": os.environ["PATH"]} | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("missing", ["SECRET_KEY", "FERNET_KEYS"])
def test_without_debug_a_missing_secret_is_a_refused_start_that_names_it(missing):
    secrets = {"SECRET_KEY": "x" * 60, "FERNET_KEYS": "key"}
    del secrets[missing]
    started = settings_with(**secrets)
    assert started.returncode != 0
    assert f"{missing} is not set" in started.stderr


def test_without_debug_pages_are_redirected_to_https():
    started = settings_with(SECRET_KEY="x" * 60, FERNET_KEYS="key", REDIS_URL="unix:///run/valkey.sock")
    assert json.loads(started.stdout) == {
        "DEBUG": False,
        "SECURE_SSL_REDIRECT": True,
        "CELERY_BROKER_URL": "redis+socket:///run/valkey.sock",
        "EMBEDDED_VALKEY": False,
    }
