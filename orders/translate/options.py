"""The options of a line (Miva reference §7.3 "Option"; SETI reference §3.1.3)."""

from orders.translate.members import Row, rows, text
from stores.seti.responses import OrderOption
from stores.seti.values import plain

# Miva writes the reason for a cancellation as if it were an option.
NOT_AN_OPTION = "cancellation reason"
LONGEST_SELECTED = 250


def chosen_options(item: Row) -> list[Row]:
    """The options that the shopper chose."""
    return [option for option in rows(item, "options") if attribute(option).lower() != NOT_AN_OPTION]


def attribute(option: Row) -> str:
    """The attribute's code; stores before 10.00 only know ``attribute``."""
    return text(option, "attr_code") or text(option, "attribute")


def order_option(option: Row) -> OrderOption:
    """One option as the desktop shows it: the prompts where there are any, the codes otherwise."""
    code = text(option, "opt_code")
    prompt = text(option, "opt_prompt")
    # A choice without any value is a ticked checkbox: it must not vanish from the packing list.
    selected = (
        plain(prompt)
        or code
        or text(option, "data")
        or text(option, "data_long")
        or text(option, "value")
        or "Yes"
    )
    return OrderOption(text(option, "attr_prompt") or attribute(option) or "Option", selected, code)


def long_text(options: tuple[OrderOption, ...]) -> str:
    """What the shopper wrote beyond the length of ``SelectedOption``, in full: for ``CustomerText``."""
    return " | ".join(
        f"{option.name}: {option.selected}" for option in options if len(option.selected) > LONGEST_SELECTED
    )
