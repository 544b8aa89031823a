"""Not waiting again and again for something that does not answer."""

import functools
import threading
import time

AGAIN = 10.0  # seconds until something that could not be reached is tried again


class Circuit:
    """Whether to try something that may be out of reach: while it is, one caller after each AGAIN seconds, and nobody else."""

    def __init__(self) -> None:
        """It is taken to be within reach."""
        self._again_at = 0.0
        self._lock = threading.Lock()

    def may_try(self) -> bool:
        """Whether this caller may try; he says afterwards how it went."""
        with self._lock:
            if self._again_at and time.monotonic() < self._again_at:
                return False
            if self._again_at:
                self.failed()
            return True

    def failed(self) -> None:
        """It could not be reached."""
        self._again_at = time.monotonic() + AGAIN

    def works(self) -> None:
        """It answered."""
        self._again_at = 0.0


@functools.cache
def circuit_to(address: str) -> Circuit:
    """Return the process's own circuit to this address."""
    return Circuit()
