"""How a measurement is printed, and what the machine's memory says."""

import json
import math
import resource
import sys


def report(name: str, value: float, unit: str, limit: float) -> None:
    """Print one measurement: `limit` is what could be reached at best (or what is allowed), `ratio` is value / limit."""
    shown = {
        "name": name,
        "value": round(value, 2),
        "unit": unit,
        "limit": round(limit, 2),
        "ratio": round(value / limit, 3),
    }
    print(json.dumps(shown), flush=True)


def note(text: str) -> None:
    """Say on standard error what goes on; standard output has the measurements alone."""
    print(text, file=sys.stderr, flush=True)


def peak_memory() -> float:
    """Return the most memory that this process has had so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def percentile(values: list[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]
