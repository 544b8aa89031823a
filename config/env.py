"""Strict readers for the environment: a bad or missing value is a refused start that names the variable.

Every variable may also be given as `<NAME>_FILE`, the path of a file that holds the value (container secrets).
"""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.FileAwareEnv()

BOOLEANS = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
    "": False,
}


def text(name: str, default: str | None = None) -> str:
    """Return the variable, stripped. Raises ImproperlyConfigured when it is missing and has no default."""
    value = env.str(name, default=default)
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set. Set {name}, or {name}_FILE to a file that holds it.")
    return str(value).strip()


def flag(name: str, default: bool = False) -> bool:
    """Return the variable as a boolean; anything but on/off, yes/no, true/false, 1/0 refuses the start."""
    value = text(name, "on" if default else "off").lower()
    if value not in BOOLEANS:
        raise ImproperlyConfigured(f"{name} is '{value}', which is neither on nor off.")
    return BOOLEANS[value]


def words(name: str, default: str = "") -> list[str]:
    """Return a comma separated variable as a list without blanks."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def secret(name: str, *, debug: bool, development: str) -> str:
    """Return a secret. Only with DEBUG on may it be missing; `development` is taken then."""
    value = text(name, development if debug else None)
    if not value:
        raise ImproperlyConfigured(f"{name} is empty. Set {name}, or {name}_FILE to a file that holds it.")
    return value


def public_url(name: str, default: str) -> str:
    """Return an absolute http(s) address without its final slash."""
    value = text(name, default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ImproperlyConfigured(
            f"{name} is '{value}', which is not an address like https://portal.example.com."
        )
    return value
