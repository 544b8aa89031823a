"""The support team's pages about merchants: who they are, both wires, and every conversation."""

from stores.admin import (
    audit,
    desktops,
    exchanges,
    incidents,
    members,
    merchants,
    people,
    stores,
    subscriptions,
    tokens,
)

__all__ = [
    "audit",
    "desktops",
    "exchanges",
    "incidents",
    "members",
    "merchants",
    "people",
    "stores",
    "subscriptions",
    "tokens",
]
