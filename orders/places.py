"""Where a custom order field goes in Stone Edge, in words."""

from orders.models import CustomField
from orders.translate import Rules
from orders.translate.custom_fields import destination_of, known_name, rule_for

ELEMENTS = {
    "comments": "the comments",
    "instructions": "the order instructions",
    "gift_message": "the gift message",
}


def goes_to(field: CustomField, rules: Rules) -> str:
    """Return where the store's settings put the field's value; a place of its own for each that it is put in."""
    rule = rule_for(field.module, field.code, rules)
    if rule is not None and rule.action == "drop":
        return "nowhere: left out"
    name = (rule.name.strip() if rule else "") or known_name(field.module, field.code, rules)
    if rule is not None and rule.action == "comment":
        return f"a line in the comments, labelled {name}"
    destination = destination_of(field.code, rules)
    places = [ELEMENTS[destination]] if destination in ELEMENTS else []
    if rules.custom_fields_as == "block":
        places.append(f"the custom field {name}")
    elif not places:
        places.append(f"a line in the comments, labelled {name}")
    return " and ".join(places)
