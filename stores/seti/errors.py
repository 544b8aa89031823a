"""The one failure that is told to Stone Edge."""


class SetiError(Exception):
    """A request that cannot be served, in one sentence for the person at the desktop.

    ``message`` is always one line of ASCII (SETI reference §1.5): line breaks become spaces, other
    characters become question marks.
    """

    def __init__(self, message: str) -> None:
        self.message = one_ascii_line(message)
        super().__init__(self.message)


def one_ascii_line(text: str) -> str:
    """The text with line breaks and control characters as single spaces and non-ASCII characters as ``?``."""
    ascii_text = text.encode("ascii", "replace").decode("ascii")
    return " ".join("".join(char if char.isprintable() else " " for char in ascii_text).split())
