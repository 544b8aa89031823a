"""Custom order fields (Miva reference §11; SETI reference §3.1.8)."""

from typing import Any

from orders.translate.errors import Unreadable
from orders.translate.members import Row, scalar_text
from orders.translate.rules import Rules
from stores.seti.responses import CustomField

QUEUES = "orderworkflow"
# The name that Miva's Stone Edge guide promises for the decision of the Signifyd module.
SIGNIFYD = "SignifydGuaranteeDisposition"


def read_custom_fields(raw: Row, rules: Rules) -> tuple[CustomField, ...]:
    """Every field with a value under Miva's code, those of the merchant first; the queues are no fields.

    A code that two modules share is sent as ``module:code`` the second time.
    """
    modules = raw.get("CustomField_Values")
    if not modules:
        return ()
    if not isinstance(modules, dict):
        raise Unreadable.member("CustomField_Values", modules, "a group of modules")
    fields: dict[str, str] = {}
    for module in sorted(modules, key=lambda code: code != "customfields"):
        values = modules[module]
        if module == QUEUES or not isinstance(values, dict):
            continue
        for code, value in values.items():
            if shown := field_text(value):
                name = field_name(module, code, rules)
                fields[f"{module}:{code}" if name in fields else name] = shown
    return tuple([CustomField(name, value) for name, value in fields.items()])


def field_name(module: str, code: str, rules: Rules) -> str:
    """The store's own name for the field, else the promised one for Signifyd, else Miva's code."""
    for rule in rules.custom_field_rules:
        if (
            rule.action == "rename"
            and rule.module.lower() in ("", module.lower())
            and rule.code.lower() == code.lower()
        ):
            return rule.name
    return SIGNIFYD if "signifyd" in module.lower() and "disposition" in code.lower() else code


def field_text(value: Any) -> str:
    """The value as text: several values joined by ", ", Yes and No for flags, "" for blank."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join([one for entry in value if (one := scalar_text(entry))])
    return scalar_text(value)
