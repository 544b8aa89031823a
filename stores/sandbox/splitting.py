"""Splitting a line in two, its child lines with it (Miva reference §10.2)."""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy

from stores.sandbox.counters import Counters
from stores.sandbox.members import Member
from stores.sandbox.money import cents, decimal, formatted
from stores.sandbox.totals import Order


def split_line(order: Order, line: Member, quantity: int, counters: Counters) -> list[tuple[Member, Member]]:
    """Move `quantity` units of `line` to a new line; pairs of original and new line, those asked for first.

    The new line is a copy: same status, same shipment, options and discounts. Child lines that come in a
    whole number per unit are shared out; others stay with the original.
    """
    whole = line["quantity"]
    new = _copy(line, quantity, counters)
    order["items"].append(new)
    pairs = [(line, new)]
    for children in _groups(order, line["line_id"]):
        total = sum(child["quantity"] for child in children)
        if total >= whole and total % whole == 0:
            pairs += _share_out(order, children, total // whole * quantity, new["line_id"], counters)
    return pairs


def _copy(line: Member, quantity: int, counters: Counters) -> Member:
    """The new line; `line` keeps the rest of the units and of the tax."""
    new: Member = deepcopy({name: value for name, value in line.items() if name != "shipment"})
    new |= {"line_id": counters.next("line"), "quantity": quantity}
    new["group_id"] = new["line_id"]
    new["tax"] = cents(line["tax"] * quantity / decimal(line["quantity"]))
    line |= {"tax": cents(line["tax"] - new["tax"]), "quantity": line["quantity"] - quantity}
    for row in new.get("options", ()):
        row |= {"id": counters.next("option"), "line_id": new["line_id"]}
    for row in new.get("discounts", ()):
        row["line_id"] = new["line_id"]
    for each in (line, new):
        each["formatted_tax"] = formatted(each["tax"])
        for part in each.get("parts", ()):
            part["total_quantity"] = part["quantity"] * each["quantity"]
    return new


def _groups(order: Order, parent_id: int) -> list[list[Member]]:
    """The child lines of a line, by group; small ones first, so that whole lines move before one is cut."""
    groups: dict[int, list[Member]] = defaultdict(list)
    for line in sorted(order["items"], key=lambda each: int(each["quantity"])):
        if line["parent_id"] == parent_id:
            groups[line["group_id"]].append(line)
    return list(groups.values())


def _share_out(
    order: Order, children: list[Member], units: int, new_parent: int, counters: Counters
) -> list[tuple[Member, Member]]:
    for child in children:
        if child["quantity"] > units:
            pairs = split_line(order, child, units, counters) if units else []
            for _original, new in pairs[:1]:
                new["parent_id"] = new_parent
            return pairs
        child["parent_id"] = new_parent
        units -= child["quantity"]
    return []
