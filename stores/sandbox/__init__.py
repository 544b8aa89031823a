"""A Miva store with memory and a scripted Stone Edge desktop, for demo, training, tests and benchmarks."""

from stores.sandbox.calls import Call
from stores.sandbox.server import Server, serve
from stores.sandbox.store import SandboxStore

__all__ = ["Call", "SandboxStore", "Server", "serve"]
