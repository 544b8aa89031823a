"""A real Chromium for the browser tests: CHROME_BIN, else Debian's, else installed when we may.

The headless shell is the same browser without what is around its window: its processes take a third less of the machine.
"""

import os
import shutil
import subprocess
from pathlib import Path

PACKAGE = "chromium-headless-shell"
DEBIAN = (Path("/usr/bin", PACKAGE), Path("/usr/bin/chromium"))


def prepare_browser(root: Path) -> dict[str, str]:
    """Return CHROME_BIN for the browser tests, or nothing; says so when they will be skipped. Nothing to do without such tests."""
    if not any((root / "tests" / "browser").glob("test_*.py")):
        return {}
    found = os.environ.get("CHROME_BIN") or installed() or install()
    if not found:
        print(
            "No Chromium here and no right to install one: browser tests are skipped. Set CHROME_BIN to run them.",
            flush=True,
        )
        return {}
    return {"CHROME_BIN": found}


def installed() -> str:
    """Return the path of Debian's, empty when there is none."""
    return next((str(path) for path in DEBIAN if path.exists()), "")


def install() -> str:
    """Install Debian's as root; returns where it is now, empty when it is not."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return ""
    print(f"Installing Debian's {PACKAGE} for the browser tests (about half a minute) ...", flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    commands = (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-qq", "-y", "--no-install-recommends", PACKAGE],
    )
    for command in commands:
        subprocess.run(command, env=environment, check=False, timeout=600, **quiet)
    return installed()
