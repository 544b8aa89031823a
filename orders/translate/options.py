"""The options of a line (Miva reference §7.3 "Option"; SETI reference §3.1.3)."""

from orders.translate.members import Row, rows, text
from stores.seti.responses import LONGEST_SELECTED, OrderOption
from stores.seti.values import clean, plain

# Miva writes the reason for a cancellation as if it were an option.
NOT_AN_OPTION = "cancellation reason"


def chosen_options(item: Row) -> list[Row]:
    """The options that the shopper chose."""
    return [option for option in rows(item, "options") if attribute(option).lower() != NOT_AN_OPTION]


def cancellation_reason(item: Row) -> str:
    """The reason for the line's cancellation, "" when there is none."""
    reasons = [option for option in rows(item, "options") if attribute(option).lower() == NOT_AN_OPTION]
    return ", ".join([reason for option in reasons if (reason := clean(entered(option)))])


def attribute(option: Row) -> str:
    """The attribute's code; stores before 10.00 only know ``attribute``."""
    return text(option, "attr_code") or text(option, "attribute")


def entered(option: Row) -> str:
    """What the shopper wrote or ticked; ``value`` is the copy that stores before 10.00 give alone."""
    return text(option, "data_long") or text(option, "data") or text(option, "value")


def order_option(option: Row) -> OrderOption:
    """One option as the desktop shows it: the prompts where there are any, the codes otherwise."""
    code = text(option, "opt_code")
    # A choice without any value is a ticked checkbox: it must not vanish from the packing list.
    selected = plain(text(option, "opt_prompt")) or code or entered(option) or "Yes"
    wrote = text(option, "data_long") or text(option, "data")
    if wrote and wrote not in (selected, code) and wrote.lower() not in ("yes", "1"):
        selected = f"{selected}: {wrote}"  # a choice that asks for words, too
    return OrderOption(text(option, "attr_prompt") or attribute(option) or "Option", selected, code)


def long_text(options: tuple[OrderOption, ...]) -> str:
    """What the shopper wrote beyond the length of ``SelectedOption``, in full: for ``CustomerText``."""
    return " | ".join(
        [f"{option.name}: {option.selected}" for option in options if len(option.selected) > LONGEST_SELECTED]
    )
