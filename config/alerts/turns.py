"""When a web process looks whether the clock lives: after its start not at once, then at most once a minute."""

import functools
from datetime import datetime, timedelta

from django.utils import timezone

EACH = timedelta(minutes=1)
START = timedelta(minutes=2)  # after a start of everything, web processes are there before the workers


class Turns:
    """When one process looks."""

    def __init__(self) -> None:
        """The process starts now."""
        self.next_at = timezone.now() + START

    def take(self, now: datetime) -> bool:
        """Whether to look now; the next turn is a minute later."""
        if now < self.next_at:
            return False
        self.next_at = now + EACH
        return True


@functools.cache
def process_turns() -> Turns:
    """Return the process's own turns."""
    return Turns()
