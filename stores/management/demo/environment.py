"""The demo's own environment: development switches and generated secrets, nothing of the caller's portal."""

import os
import secrets
from pathlib import Path

PORTAL = (
    *(
        "SECRET_KEY",
        "FERNET_KEYS",
        "DEBUG",
        "PUBLIC_URL",
        "ALLOWED_HOSTS",
        "CSRF_TRUSTED_ORIGINS",
        "DATABASE_URL",
        "REDIS_URL",
    ),
    *("ALLOW_PRIVATE_STORE_HOSTS", "BEHIND_PROXY", "EMAIL_URL", "DEFAULT_FROM_EMAIL"),
)
SWITCHES = {"DEBUG": "on", "ALLOW_PRIVATE_STORE_HOSTS": "on"}
SECRETS = ("SECRET_KEY", "FERNET_KEYS")
HEAD = "# The demo's environment. To run commands on its data:  set -a; . var/demo/environment; set +a\n"


def demo_environment(folder: Path) -> dict[str, str]:
    """Return the portal's variables for the demo; the secrets are made once and kept in the folder."""
    known = read(folder / "environment")
    return SWITCHES | {name: known.get(name) or secrets.token_urlsafe(48) for name in SECRETS}


def read(path: Path) -> dict[str, str]:
    """Return the assignments in a file of lines NAME=value; none when there is no such file."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {
        name: value
        for name, found, value in (line.partition("=") for line in lines)
        if found and name in PORTAL
    }


def write(path: Path, variables: dict[str, str]) -> None:
    """Write the assignments where only this user can read them."""
    write_private(path, HEAD + "".join(f"{name}={value}\n" for name, value in variables.items()))


def write_private(path: Path, text: str) -> None:
    """Replace a file, mode 600 from its first byte on."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    unfinished.replace(path)


def is_ours(variables: dict[str, str]) -> bool:
    """Whether this process already runs with exactly these portal variables."""
    return {name: value for name, value in os.environ.items() if name in names_of_the_portal()} == variables


def with_ours(variables: dict[str, str]) -> dict[str, str]:
    """Return this process's environment with its portal variables replaced by these."""
    hidden = names_of_the_portal()
    return {name: value for name, value in os.environ.items() if name not in hidden} | variables


def names_of_the_portal() -> set[str]:
    """Return every variable that the portal reads, with their forms for files."""
    return {name + suffix for name in PORTAL for suffix in ("", "_FILE")}
