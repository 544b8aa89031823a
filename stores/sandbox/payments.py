"""Payment records (Miva reference §12.1) and the payment modules that this store has installed.

The codes of mod10, check and customercredit are Miva's own. The codes and `data` keys of the gateways are
illustrative: Miva publishes none, and a client has to cope with any (Miva reference §12.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stores.sandbox.members import Member
from stores.sandbox.money import ZERO, cents, decimal, formatted

SECURED = "** Secured **"
NOT_UNLOCKED = "MER-CRY-PUB-00018: Decryption failed: Passphrase missing"
WRONGLY_UNLOCKED = "MER-CRY-PUB-00070: Decryption failed: Unable to decrypt order key: bad decrypt"
PAYMENT_DATA_MEMBERS = frozenset({"decrypt_status", "decrypt_error", "description", "module", "data"})


@dataclass(frozen=True)
class PaymentModule:
    """An installed payment module: what `payments[].module` shows."""

    id: int
    code: str
    name: str
    provider: str = "Miva Merchant"

    def record(self) -> Member:
        """The `module` object of a payment."""
        return {
            "id": self.id,
            "code": self.code,
            "name": self.name,
            "provider": self.provider,
            "api_ver": "9.05",
            "version": "10.1301",
            "module": f"modules/payment/{self.code}.mvc",
            "refcount": 1,
            "active": True,
            "priority": 0,
        }


MODULES = {
    module.code: module
    for module in (
        PaymentModule(16, "check", "Check Payment"),
        PaymentModule(17, "mod10", "Credit Card Payment with Simple Validation"),
        PaymentModule(18, "cod", "COD"),
        PaymentModule(31, "customercredit", "Customer Credit Payment"),
        PaymentModule(40, "authnet", "Authorize.Net Payment Services"),
        PaymentModule(41, "paypalcp", "PayPal Commerce Platform"),
        PaymentModule(42, "amazonpay", "Amazon Pay"),
        PaymentModule(43, "braintree", "Braintree"),
    )
}


def payment(order_id: int, payment_id: int, /, **given: Any) -> Member:
    """One payment record; `module` may be given as a code of `MODULES`.

    `type` is Miva's: 0 declined, 1-2 legacy authorization and capture, 3 authorization, 4 capture, 5 sale,
    6 refund, 7 void.
    """
    module = given.get("module", "check")
    details = MODULES[module].record() if isinstance(module, str) else dict(module)
    amount = cents(decimal(given.get("amount", ZERO)))
    available = cents(decimal(given.get("available", amount)))
    record: Member = {
        "id": payment_id,
        "order_id": order_id,
        "type": given.get("type", 3),
        "refnum": given.get("refnum", ""),
        "amount": amount,
        "formatted_amount": formatted(amount),
        "available": available,
        "formatted_available": formatted(available),
        "dtstamp": given.get("dtstamp", 0),
        "expires": given.get("expires", 0),
        "pay_id": details["id"],
        "pay_secid": given.get("pay_secid", 0),
        "currency": given.get("currency", "USD"),
        "environ": given.get("environ", ""),
        "level": given.get("level", ""),
        "cardbrand": given.get("cardbrand", ""),
        "decrypt_status": given.get("decrypt_status", "not_encrypted"),
        "description": given.get("description", details["name"]),
        "module": details,
    }
    if given.get("data"):
        record["data"] = dict(given["data"])
    return lock(record) if record["pay_secid"] else record


def lock(record: Member, error: str = NOT_UNLOCKED) -> Member:
    """`record` as it reads while its data is encrypted: `not_decrypted`, every value `** Secured **`."""
    locked = {name: value for name, value in record.items() if name not in PAYMENT_DATA_MEMBERS}
    locked |= {"decrypt_status": "not_decrypted", "decrypt_error": error}
    locked |= {"description": record["description"], "module": record["module"]}
    if "data" in record:
        locked["data"] = dict.fromkeys(record["data"], SECURED)
    return locked


def unlock(record: Member, data: dict[str, str]) -> Member:
    """`record` after the right passphrase: `decrypted`, with its data in clear."""
    opened = {name: value for name, value in record.items() if name not in PAYMENT_DATA_MEMBERS}
    opened |= {
        "decrypt_status": "decrypted",
        "description": record["description"],
        "module": record["module"],
    }
    return opened | {"data": data}
