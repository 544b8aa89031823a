"""The three orders of Miva's reference, with the XML that a person has read and approved beside them.

The XML is stored with a line break between elements for reading; on the wire there is none.
"""

import json
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from orders.translate import Rules, translate
from stores.seti.responses import render_order

SAMPLES = Path(__file__).parent / "samples"
RULES = Rules(identifier="sku", kits="parts", time_zone=ZoneInfo("America/Los_Angeles"))


@pytest.mark.parametrize("number", [10057, 10058, 10059])
def test_the_order_of_the_reference_is_sent_as_approved(number):
    raw = json.loads((SAMPLES / f"{number}.json").read_text(encoding="utf-8"), parse_float=Decimal)
    approved = (SAMPLES / f"{number}.xml").read_text(encoding="utf-8").replace(">\n<", "><").strip()
    assert render_order(translate(raw, RULES).order) == approved


@pytest.mark.parametrize("number", [10057, 10058, 10059])
def test_numbers_read_as_floats_give_the_same_bytes(number):
    text = (SAMPLES / f"{number}.json").read_text(encoding="utf-8")
    exact, floats = json.loads(text, parse_float=Decimal), json.loads(text)
    assert render_order(translate(floats, RULES).order) == render_order(translate(exact, RULES).order)
