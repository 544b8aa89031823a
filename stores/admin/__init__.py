"""The support team's pages about merchants: who they are, both wires, and every conversation."""

from stores.admin import desktops, exchanges, merchants, people, stores

__all__ = ["desktops", "exchanges", "merchants", "people", "stores"]
