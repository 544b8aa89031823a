"""System checks with ids and hints: what would go wrong later is said at the start."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


@register(Tags.security, deploy=True)
def embedded_services(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """SQLite and the embedded Valkey are for one machine and for trying things out."""
    found: list[CheckMessage] = []
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        found.append(
            Warning(
                "The database is SQLite.",
                hint="Set DATABASE_URL to a PostgreSQL database.",
                id="connect2cart.W001",
            )
        )
    if settings.EMBEDDED_VALKEY:
        found.append(Warning("Valkey is the embedded one.", hint="Set REDIS_URL.", id="connect2cart.W002"))
    if settings.ALLOW_PRIVATE_STORE_HOSTS:
        found.append(
            Warning(
                "Stores may lead into the private network.",
                hint="Set ALLOW_PRIVATE_STORE_HOSTS to off, unless stores really are inside your own network.",
                id="connect2cart.W003",
            )
        )
    if not settings.PUBLIC_URL.startswith("https://"):
        found.append(
            Warning(
                "PUBLIC_URL is not https.",
                hint="Desktops send passwords to it in clear text.",
                id="connect2cart.W004",
            )
        )
    return found


@register(Tags.security)
def fernet_keys(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """A key that is empty or given twice is a mistake in a rotation."""
    keys = settings.FERNET_KEYS
    if not keys or len(set(keys)) != len(keys):
        return [
            Error(
                "FERNET_KEYS is empty or names a key twice.",
                hint="Newest first, comma separated.",
                id="connect2cart.E001",
            )
        ]
    return []
