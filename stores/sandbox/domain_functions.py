"""Functions of the domain, which need no Store_Code."""

from __future__ import annotations

from stores.sandbox.envelope import success
from stores.sandbox.parameters import Parameters
from stores.sandbox.store import SandboxStore


def merchant_version(store: SandboxStore, parameters: Parameters) -> bytes:
    """MivaMerchantVersion (Miva reference §16)."""
    major, minor, bugfix = [*store.version.split("."), "0", "0"][:3]
    members = {"version": store.version, "name": "Miva Merchant", "major": int(major), "minor": int(minor)}
    return success(data=members | {"bugfix": int(bugfix)})
