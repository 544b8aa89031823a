"""`make check`: style, types, import contracts, migrations, Django's deployment checks. Runs all, then says which failed."""

import os
import subprocess
import sys
from pathlib import Path

from tests.environment import for_production, without_portal

BIN = Path(sys.executable).parent
MANAGE = [sys.executable, "manage.py"]
APPS = ["config", "stores", "orders", "fulfillment", "inventory"]


def checks() -> list[tuple[str, list[str], dict[str, str]]]:
    """Return name, command and environment of each check."""
    plain = without_portal() | {
        "DEBUG": "on",
        "DATABASE_URL": "sqlite://:memory:",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    return [
        ("ruff check", [str(BIN / "ruff"), "check", "."], plain),
        ("ruff format", [str(BIN / "ruff"), "format", "--check", "."], plain),
        ("mypy", [str(BIN / "mypy"), *APPS], plain),
        ("import contracts", [str(BIN / "lint-imports")], plain),
        ("migrations", [*MANAGE, "makemigrations", "--check", "--dry-run"], plain),
        ("deployment", [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"], for_production()),
    ]


def main() -> int:
    """Run the checks; returns 1 when one failed."""
    failed = []
    for name, command, environment in checks():
        print(f"== {name}", flush=True)
        if subprocess.run(command, env=environment | {"PYTHONUNBUFFERED": "1"}, check=False).returncode:
            failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else "all checks passed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    os.chdir(Path(__file__).parent.parent)
    sys.exit(main())
