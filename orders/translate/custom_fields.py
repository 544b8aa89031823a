"""Custom order fields (Miva reference §11; SETI reference §3.1.8)."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from orders.translate.cards import plain_key
from orders.translate.errors import Unreadable
from orders.translate.members import Row, flag, scalar_text, text
from orders.translate.rules import CustomFieldRule, Rules
from stores.seti.responses import CustomField

QUEUES = "orderworkflow"
# The name that Miva's Stone Edge guide promises for the decision of the Signifyd module.
SIGNIFYD = "SignifydGuaranteeDisposition"
# What Miva knows of an order that has no element in SETI: sent beside the custom fields, under Miva's names.
ORDER = "order"
RESIDENTIAL, TEXTS = "ship_res", ("ship_fax", "bill_fax", "business_title", "source")
USUAL_SOURCE = "Shopper"  # of an order from the shop itself

# How stores call the fields in which a checkout asks for a comment or for the message of a gift.
COMMENTS = frozenset(
    (
        "comment",
        "comments",
        "ordercomment",
        "ordercomments",
        "customercomment",
        "customercomments",
        "customernote",
        "customernotes",
        "ordernote",
        "ordernotes",
        "instructions",
        "orderinstructions",
        "specialinstructions",
        "deliveryinstructions",
        "shippinginstructions",
    )
)
GIFT_MESSAGES = frozenset(
    ("giftmessage", "giftmsg", "giftnote", "giftcomment", "giftcardmessage", "giftwrapmessage")
)


class CustomFields(Struct):
    """The fields by where they go: the block, lines of the comments, or an element for what people wrote."""

    sent: dict[str, str] = {}
    remarks: list[str] = []
    written: dict[str, list[str]] = {}

    def block(self) -> tuple[CustomField, ...]:
        """The ``CustomFields`` block."""
        return tuple([CustomField(name, value) for name, value in self.sent.items()])


def read_custom_fields(raw: Row, rules: Rules) -> CustomFields:
    """Every field with a value, those of the merchant first, by default under Miva's code in the block.

    A name that two fields share is sent as ``module:code`` the second time.
    """
    fields = CustomFields()
    for module, code, value in stated(raw):
        shown_value = field_text(value)
        if not shown_value:
            continue
        rule = rule_for(module, code, rules) if rules.custom_field_rules else None
        place(fields, module, code, shown_value, rule, rules)
    for code, value in without_element(raw):
        rule = rule_for(ORDER, code, rules) if rules.custom_field_rules else None
        if rule or rules.custom_fields_as == "block":
            place(fields, ORDER, code, value, rule, rules)
    return fields


def stated(raw: Row) -> Iterator[tuple[str, str, Any]]:
    """Module, code and value of every field; queues of workflows look like fields and are none (§9.3)."""
    modules = field_modules(raw)
    for module in sorted(modules, key=lambda code: code != "customfields"):
        values = modules[module]
        if module != QUEUES:
            for code, value in (values if isinstance(values, dict) else {module: values}).items():
                yield module, code, value


def field_modules(raw: Row) -> dict[str, Any]:
    """The fields by module and code; Unreadable when they are something else."""
    modules = raw.get("CustomField_Values")
    if modules and not isinstance(modules, dict):
        raise Unreadable.member("CustomField_Values", modules, "a group of modules")
    return modules or {}


def without_element(raw: Row) -> Iterator[tuple[str, str]]:
    """What the order says of its addresses and of who placed it that SETI has no element for (§3.1.2)."""
    residential = flag(raw, RESIDENTIAL)
    if residential is not None:
        yield RESIDENTIAL, "Yes" if residential else "No"
    for name in TEXTS:
        if (told := text(raw, name)) and told != USUAL_SOURCE:
            yield name, told


def place(
    fields: CustomFields, module: str, code: str, value: str, rule: CustomFieldRule | None, rules: Rules
) -> None:
    """Put one field where the store's rule for it, or else the store's settings, say."""
    action = rule.action if rule else ""
    if action == "drop":
        return
    name = (rule.name.strip() if rule else "") or known_name(module, code, rules)
    if action == "comment":
        fields.remarks.append(f"{name}: {value}")
        return
    destination = destination_of(code, rules)
    if destination != "nowhere":
        fields.written.setdefault(destination, []).append(value)
    if rules.custom_fields_as == "block":
        fields.sent[f"{module}:{code}" if name in fields.sent else name] = value
    elif destination == "nowhere":
        fields.remarks.append(f"{name}: {value}")


def rule_for(module: str, code: str, rules: Rules) -> CustomFieldRule | None:
    """The first rule for the field: one for its own module before those for any."""
    same_code = [rule for rule in rules.custom_field_rules if rule.code.strip().lower() == code.lower()]
    for wanted in (module.lower(), ""):
        for rule in same_code:
            if rule.module.strip().lower() == wanted:
                return rule
    return None


def known_name(module: str, code: str, rules: Rules) -> str:
    """The promised name for Signifyd's decision, else Miva's code.

    The store may say in which field the decision is; otherwise it is the one that names it, in the module of
    Signifyd or as a field of the merchant's that a workflow fills (Miva reference §11).
    """
    if rules.signifyd_field:
        return SIGNIFYD if f"{module}:{code}".lower() == rules.signifyd_field.lower() else code
    lower = code.lower()
    if "disposition" in lower and ("signifyd" in lower or "signifyd" in module.lower()):
        return SIGNIFYD
    return code


def destination_of(code: str, rules: Rules) -> str:
    """Which element receives the words of this field; "nowhere" when it holds no comment or gift message."""
    word = plain_key(code)
    if word in COMMENTS:
        return rules.comments_to
    return rules.gift_message_to if word in GIFT_MESSAGES else "nowhere"


def field_text(value: Any) -> str:
    """The value as text: several values joined by ", ", Yes and No for flags, "" for blank.

    A field of Miva's is a text, a flag or several texts; whatever a module puts there besides is spelled out.
    """
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join([one for entry in value if (one := field_text(entry))])
    if isinstance(value, dict):
        return ", ".join([f"{name}: {one}" for name, entry in value.items() if (one := field_text(entry))])
    return scalar_text(value)
