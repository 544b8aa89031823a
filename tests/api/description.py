"""The description of the REST API as it is committed."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

COMMITTED = Path(__file__).parents[2] / "docs" / "api" / "openapi.yaml"


@functools.cache
def committed() -> dict[str, Any]:
    """Return the description."""
    return yaml.load(COMMITTED.read_text(), yaml.CSafeLoader)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield path, method and description of each operation."""
    for path, methods in committed()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation
