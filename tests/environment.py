"""The environment that the portal's settings read in tests: nothing of the caller's portal, nothing of the caller's secrets."""

import os
from pathlib import Path

OURS = [
    "SECRET_KEY",
    "DEBUG",
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "DATABASE_URL",
    "REDIS_URL",
    "REDIS_TIMEOUT",
    "FERNET_KEYS",
    "PUBLIC_URL",
    "ALLOW_PRIVATE_STORE_HOSTS",
    "BEHIND_PROXY",
    "REQUIRE_SECOND_FACTOR",
    "EMAIL_URL",
    "DEFAULT_FROM_EMAIL",
    "DJANGO_SETTINGS_MODULE",
]


def without_portal() -> dict[str, str]:
    """Return the process's environment without any variable of the portal."""
    hidden = {name + suffix for name in OURS for suffix in ("", "_FILE")}
    return {name: value for name, value in os.environ.items() if name not in hidden}


def for_tests(room: Path, services: dict[str, str]) -> dict[str, str]:
    """Return the environment for the test run: DEBUG and private hosts on (the sandbox is on loopback), its own temp folder."""
    scratch = room / "tmp"
    scratch.mkdir(mode=0o700, exist_ok=True)
    debugging = {
        "DEBUG": "on",
        "ALLOW_PRIVATE_STORE_HOSTS": "on",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "REDIS_TIMEOUT": "10",  # a busy machine is no Redis that is away
    }
    environment = without_portal() | services | debugging | {"TMPDIR": str(scratch)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # or each of many processes compiles the whole portal
    return environment


def for_production() -> dict[str, str]:
    """Return the environment of a portal as it should be run, for Django's deployment checks; nothing is reached with it."""
    return without_portal() | {
        "SECRET_KEY": "0123456789" * 6 + "abcdefghijkl",
        "FERNET_KEYS": "a-key-of-the-deployment-check-that-is-as-long-as-a-good-one",
        "PUBLIC_URL": "https://portal.example.com",
        "ALLOWED_HOSTS": "portal.example.com",
        "BEHIND_PROXY": "on",
        "EMAIL_URL": "smtp+tls://portal:secret@mail.example.com:587",
        "DATABASE_URL": "postgres://portal:secret@database.example.com/connect2cart",
        "REDIS_URL": "redis://broker.example.com:6379/0",
    }
