"""What the demo remembers from one run to the next, besides the portal's database and the sandbox's state."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from stores.management.demo.environment import write_private


@dataclass
class Memory:
    """Logins in clear text (the portal has only their hashes) and what the desktop has imported, in order."""

    admin_password: str = ""
    store: str = ""
    username: str = ""
    password: str = ""
    store_code: str = ""
    imported: list[str] = field(default_factory=list)


def load(path: Path) -> Memory:
    """Return what was saved, or nothing yet."""
    return msgspec.json.decode(path.read_bytes(), type=Memory) if path.exists() else Memory()


def save(memory: Memory, path: Path) -> None:
    """Write it where only this user can read it."""
    write_private(path, msgspec.json.format(msgspec.json.encode(memory), indent=2).decode() + "\n")
