"""The switches of a sandbox store, as a merchant and his host would set them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from stores.sandbox.tracking import TRACKING_LINKS

ALL_ADDRESSES = ("0.0.0.0/0", "::/0")


@dataclass(kw_only=True)
class Settings:
    """Token record (Miva reference §2), permissions (§3), version and artificial delays; times in seconds.

    `granted_functions` None is a token in a group with every privilege; otherwise the names that may be
    called, module functions as `Module:<module_code>:<module_function>`. `empty_when_denied` names the
    functions that answer a missing permission with an empty body; Miva names no list, this one is ours.
    `busy_orders` cannot be loaded for an acknowledgement.
    `recheck_seconds` is how often the scheduled task looks for payments (Miva: 300; 0: at once).
    `tracking_links` maps tracking types to link templates with `%tracknum%` in them; `shipment_mails` is Miva's
    automatic e-mail for shipments that are marked shipped.
    `operation_seconds` is what each operation of a multicall pretends to take, `skipped_share` the share of
    order numbers lost to abandoned baskets.
    """

    store_code: str = "SANDBOX"
    token: str = field(default="", repr=False)
    signing_key: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)
    require_signature: bool = True
    require_timestamp: bool = True
    timestamp_window: int = 60
    allowed_addresses: tuple[str, ...] = ALL_ADDRESSES
    enabled: bool = True
    api_offline: bool = False
    failed_login_delay: float = 0.0
    granted_functions: set[str] | None = None
    empty_when_denied: set[str] = field(default_factory=lambda: {"OrderCustomFieldList_Load"})
    version: str = "10.13.04"
    recheck_seconds: int = 0
    operation_seconds: float = 0.0
    skipped_share: float = 0.05
    tracking_links: dict[str, str] = field(default_factory=lambda: dict(TRACKING_LINKS))
    shipment_mails: bool = True
    busy_orders: set[int] = field(default_factory=set)
    clock: Callable[[], float] = time.time

    def version_numbers(self) -> tuple[int, ...]:
        """`version` for comparing: "10.03.00" -> (10, 3, 0)."""
        return tuple(int(number) for number in self.version.split("."))

    def now(self) -> int:
        """The store's time in Unix seconds."""
        return int(self.clock())
