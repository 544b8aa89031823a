"""A real Chromium for the browser tests: CHROME_BIN, else Debian's, else installed when we may."""

import os
import shutil
import subprocess
from pathlib import Path

DEBIAN = Path("/usr/bin/chromium")


def prepare_browser(root: Path) -> dict[str, str]:
    """Return CHROME_BIN for the browser tests, or nothing; says so when they will be skipped. Nothing to do without such tests."""
    if not any((root / "tests" / "browser").glob("test_*.py")):
        return {}
    found = os.environ.get("CHROME_BIN") or (str(DEBIAN) if DEBIAN.exists() or install() else "")
    if not found:
        print(
            "No Chromium here and no right to install one: browser tests are skipped. Set CHROME_BIN to run them.",
            flush=True,
        )
        return {}
    return {"CHROME_BIN": found}


def install() -> bool:
    """Install Debian's chromium as root; returns whether it is there now."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print("Installing Debian's chromium for the browser tests (about half a minute) ...", flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    commands = (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium"],
    )
    for command in commands:
        subprocess.run(command, env=environment, check=False, timeout=600, **quiet)
    return DEBIAN.exists()
