"""What a shipment waits for that is not complete: in words for support, the same wherever it is found out."""

from typing import NamedTuple

INCOMPLETE = "incomplete"
UNCLEAR = "unclear"
CLOSED = "elsewhere"


class Doubt(NamedTuple):
    """Both readings of a message, and what to do about each."""

    problem: str
    remedy: str


def relabelled_or_further(ref: str, number: str, known: str, units: str) -> Doubt:
    """Return the doubt about a PackageID that is known with another tracking number."""
    return Doubt(
        f"Stone Edge names package {ref} again, now with the tracking number {number} ({units}). "
        f"Either {number} is a new label for {known}, or it is a further package.",
        f"Compare with the order in Stone Edge. If it is a further package, try again: it is pushed with {units}. If it is a new "
        f"label, say so here: the shipment of {known} gets the number {number} in Miva.",
    )


def totals_or_alone(alone: str, growth: str) -> Doubt:
    """Return the doubt about figures that name no earlier package, of a desktop that did so before."""
    return Doubt(
        "Stone Edge named all packages of this order before, and now only new ones. "
        f"Either {alone} went with these packages, or the figures are totals as before, and {growth} went.",
        f"Compare with the order in Stone Edge. If it was {alone}, try again: they are pushed. Otherwise make the shipment "
        f"with {growth} in Miva by hand and mark this as done.",
    )


def no_line_to_ship(lines: str) -> Doubt:
    """Return the doubt about packages of lines that cannot be shipped; `lines` says why, line by line."""
    return Doubt(
        f"Stone Edge reports packages of lines that cannot be shipped: {lines}.",
        "Compare the order in Miva with the one in Stone Edge. Make the shipment in Miva by hand if there is one to be made, and "
        "mark this as done.",
    )


def changed_elsewhere(tracking: str, closed_by: str) -> Doubt:
    """Return what a person is told of a shipment that was closed by hand, and that has another number or carrier now."""
    return Doubt(
        f"Stone Edge has other packages for this shipment now: {tracking}. It was marked as done elsewhere ({closed_by}), so Miva "
        "may not have them.",
        "Enter them in the shipment in Miva and mark this as done again. Or try again: where Miva's shipment has one of the "
        "tracking numbers, it gets all of them.",
    )


NO_NUMBER = (
    "Stone Edge says that these lines are shipped and gave no tracking number.",
    "It goes out by itself when Stone Edge sends one. If there will be none, mark the lines as shipped in Miva and this as done.",
)
NO_LINES = (
    "Stone Edge says that the order is partly shipped, and not which lines went.",
    "It goes out with the message that says so. Stone Edge names the lines when GenericStatusSendXML is True.",
)
