"""System checks with ids and hints: what would go wrong later is said at the start."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register
from django.http.request import validate_host

SHORTEST_KEY, FEWEST_SIGNS = 32, 10  # what chance gives has more of both
NEW_KEY = """python3 -c "import secrets; print(secrets.token_urlsafe(48))" prints one"""


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


@register(Tags.security, deploy=True)
def weak_keys(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """Whoever has a copy of the database tries keys that people make up. Django itself looks at SECRET_KEY (security.W009)."""
    newest = next(iter(settings.FERNET_KEYS), "")
    if len(newest) >= SHORTEST_KEY and len(set(newest)) >= FEWEST_SIGNS:
        return []
    return [
        Warning(
            f"The first of FERNET_KEYS has fewer than {SHORTEST_KEY} characters, or always the same few.",
            hint=f"Put one made by chance in front ({NEW_KEY}), keep the former behind it, restart, and run "
            "`manage.py reencrypt_secrets`. Then the former can go.",
            id="connect2cart.W005",
        )
    ]


@register(Tags.security, deploy=True)
def host_names(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """The portal answers to its own name, and to no name that somebody else chooses: links in mails are made of it."""
    found: list[CheckMessage] = []
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            Warning(
                "ALLOWED_HOSTS has a *: any host name is answered.",
                hint="Name the portal's own host, such as portal.example.com.",
                id="connect2cart.W006",
            )
        )
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    if not validate_host(f"[{host}]" if ":" in host else host, settings.ALLOWED_HOSTS):
        found.append(
            Warning(
                f"ALLOWED_HOSTS does not have {host}, the host of PUBLIC_URL: desktops and webhooks would be answered 400.",
                hint=f"Add {host} to ALLOWED_HOSTS.",
                id="connect2cart.W007",
            )
        )
    return found


@register(deploy=True)
def around_it(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    """What is right for some and forgotten by most: the proxy in front, and a mail server."""
    found: list[CheckMessage] = []
    if settings.PUBLIC_URL.startswith("https://") and not settings.BEHIND_PROXY:
        found.append(
            Info(
                "BEHIND_PROXY is off: behind an https proxy every page would redirect to itself for ever.",
                hint="Set BEHIND_PROXY to on, unless the server itself speaks https.",
                id="connect2cart.I001",
            )
        )
    if settings.EMAIL_BACKEND.endswith((".console.EmailBackend", ".dummy.EmailBackend")):
        found.append(
            Info(
                "Mails are printed, not sent: no alert, invitation or new password reaches anybody.",
                hint="Set EMAIL_URL and DEFAULT_FROM_EMAIL.",
                id="connect2cart.I002",
            )
        )
    return found
