"""JSON that keeps money exact."""

import json
from typing import Any

from stores.miva import shapes


class ExactDecoder(json.JSONDecoder):
    """Reads the raw order back with money as Decimal."""

    def decode(self, s: str, _w: Any = None) -> Any:
        """Return the decoded value."""
        return shapes.decode(s.encode())


class ExactEncoder(json.JSONEncoder):
    """Writes Decimals as JSON numbers, exactly as they came."""

    def encode(self, o: Any) -> str:
        """Return compact JSON."""
        return shapes.encode(o).decode()
