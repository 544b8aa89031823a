"""What of a raw order is kept: the same bytes for the JSON and for the fingerprint."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from orders.content import VOLATILE, fingerprint, kept_form, same_content, skus_of
from stores.miva import shapes
from stores.sandbox.generator import generate_orders

ORDERS = [shapes.decode(shapes.encode(order)) for order in generate_orders(17, 60, 1_795_000_000)]
CARD = "4111 1111 1111 1111"


def kept(raw: Any, **members: Any) -> Any:
    """The kept form of a copy with other members."""
    return kept_form(copy.deepcopy(raw) | members)


@pytest.mark.parametrize("note", ["Ring twice", f"my card is {CARD}"], ids=["harmless", "card data"])
def test_json_and_fingerprint_are_those_of_the_kept_order(note: str) -> None:
    for raw in ORDERS:
        form = kept(raw, notes=[{"id": 1, "user_id": 3, "cust_id": 0, "notetext": note}])
        assert shapes.decode(form.encoded) == form.raw
        assert form.fingerprint == fingerprint(form.raw)
        assert CARD not in form.encoded.decode()


@pytest.mark.parametrize("raw", [{"id": 5}, {"notes": []}, {}, {"id": 5, "notes": "x\0y", "total": 5}])
def test_an_order_of_any_members_has_json(raw: dict[str, Any]) -> None:
    form = kept_form(raw)
    assert shapes.decode(form.encoded) == form.raw
    assert form.fingerprint == fingerprint(form.raw)


def test_what_is_no_content_changes_no_fingerprint() -> None:
    queues = {"orderworkflow": {"queue": "a"}, "customfields": {"gift": "yes"}}
    moved = {"orderworkflow": {"queue": "b"}, "customfields": {"gift": "yes"}}
    for raw in ORDERS[:10]:
        ours = kept(raw, CustomField_Values=queues)
        later = kept(raw, CustomField_Values=moved, note_count=9, dt_updated=1, customer={"order_cnt": 7})
        assert ours.fingerprint == later.fingerprint


def test_what_is_content_changes_the_fingerprint() -> None:
    raw = ORDERS[0]
    for name in raw.keys() - VOLATILE:
        assert kept(raw, **{name: "another"}).fingerprint != kept(raw).fingerprint, name
    note = {"id": 1, "user_id": 3, "cust_id": 0, "notetext": "Ring twice"}
    assert kept(raw, notes=[note]).fingerprint != kept(raw, notes=[]).fingerprint


def test_the_order_of_members_is_another_spelling_of_the_same_content() -> None:
    raw = ORDERS[0]
    turned = dict(reversed(raw.items()))
    assert kept(turned).fingerprint != kept(raw).fingerprint
    assert same_content(turned, raw)


def test_an_order_is_found_by_the_codes_of_lines_and_parts() -> None:
    lines = [{"code": " BOX ", "sku": "", "parts": [{"sku": "BoX-1", "code": 7}]}, {"code": "box"}, "no line"]
    assert skus_of({"items": lines}) == " box box-1 7 "
    assert skus_of({"items": "none"}) == skus_of({}) == ""
