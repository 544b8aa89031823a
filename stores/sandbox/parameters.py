"""Request parameters: names in any case, found from iteration to operation to top (Miva reference §5.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stores.sandbox.elements import Element, required_integer
from stores.sandbox.envelope import invalid_input

SECRETS = frozenset({"passphrase"})
CONTAINERS = frozenset({"operations", "iterations"})


Layer = dict[str, tuple[str, Any]]


class Parameters:
    """The layers of one call, innermost first."""

    def __init__(self, innermost: Any, outer: Parameters | None = None) -> None:
        """`innermost` is a decoded JSON object; anything else counts as an empty one."""
        members = innermost if isinstance(innermost, dict) else {}
        own = {str(name).lower(): (str(name), value) for name, value in members.items()}
        self.layers: list[Layer] = [own, *(outer.layers if outer else ())]

    def within(self, inner: Any) -> Parameters:
        """The same parameters seen from an operation or iteration `inner`."""
        return Parameters(inner, self)

    def own(self, name: str) -> Any:
        """A parameter of the innermost layer only, None if it is not there."""
        return self.layers[0].get(name.lower(), ("", None))[1]

    def get(self, name: str) -> Any:
        """A parameter from the innermost layer that has it, None if none has."""
        for layer in self.layers:
            if name.lower() in layer:
                return layer[name.lower()][1]
        return None

    def has(self, name: str) -> bool:
        """Whether any layer holds the parameter, blank or not."""
        return any(name.lower() in layer for layer in self.layers)

    def text(self, name: str) -> str:
        """A parameter as text, "" when it is missing or null."""
        value = self.get(name)
        return "" if value is None else str(value)

    def integer(self, name: str, default: int = 0) -> int:
        """A parameter as integer; raises MER-JSN-00023 "Please enter a number" for other text."""
        value = self.text(name)
        if not value.strip():
            return default
        try:
            return int(value)
        except ValueError:
            raise invalid_input(name, "Please enter a number") from None

    def integers(self, name: str) -> list[int]:
        """A required integer array; a legacy `|` separated string also works (Miva reference §4.2)."""
        if not self.has(name):
            raise invalid_input(name, "Missing required parameter")
        value = self.get(name)
        values = (
            value
            if isinstance(value, list)
            else [part for part in self.text(name).split("|") if part.strip()]
        )
        return [_integer(name, position, each) for position, each in enumerate(values, start=1)]

    def required_integer(self, name: str) -> int:
        """A parameter that must be there; raises MER-JSN-00023 when it is missing, blank or no number."""
        return required_integer(name, self.get(name), given=self.has(name))

    def elements(self, name: str) -> list[Element]:
        """An array of objects, empty when there is none; anything in it that is no object counts as empty."""
        value = self.get(name)
        rows = value if isinstance(value, list) else []
        return [Element(f"{name}[{position}]", row) for position, row in enumerate(rows, start=1)]

    def shown(self) -> dict[str, Any]:
        """What a journal may hold: names as sent, secrets replaced, without nested operations."""
        return {name: "[redacted]" if key in SECRETS else value for key, name, value in self._visible()}

    def _visible(self) -> Iterator[tuple[str, str, Any]]:
        for layer in reversed(self.layers):
            for key, (name, value) in layer.items():
                if key not in CONTAINERS:
                    yield key, name, value


def _integer(name: str, position: int, value: Any) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise invalid_input(f"{name}[{position}]", "Please enter a number") from None
