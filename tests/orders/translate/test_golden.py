"""Orders with the answer that a person has read and approved beside them: Miva's samples, and one for each rule.

`golden/<name>.json` holds what it is about, the store's rules and the raw order; `<name>.xml` the order as it is sent,
with a line break between elements for reading; `<name>.txt` the warnings, or why the order is held and what to do.

After an intended change: `REWRITE_GOLDEN=1 .venv/bin/python -m tests tests/orders/translate/test_golden.py`, then read
the difference.
"""

import difflib
import json
import os
import re
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from orders.translate import CannotTranslate, CustomFieldRule, Rules, translate
from stores.seti.responses import render_order

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(file.stem for file in GOLDEN.glob("*.json"))
REWRITE = "REWRITE_GOLDEN"
ASKS = re.compile(
    r"\b(Correct|Compare|Check|Capture|Enter|Choose|Use|Add|add|set|cancel|Cancel|correct|Give|Look|look|Ask|Tell|nothing|Nothing)\b"
)


def rules_of(given):
    given = dict(given)
    if zone := given.pop("time_zone", ""):
        given["time_zone"] = ZoneInfo(zone)
    fields = tuple(CustomFieldRule(**rule) for rule in given.pop("custom_field_rules", ()))
    return Rules(**given, custom_field_rules=fields)


def answers(name, *, floats=Decimal):
    """What is sent and what is said, as the texts of the two files; "" where there is no file."""
    case = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"), parse_float=floats)
    try:
        result = translate(case["order"], rules_of(case["rules"]))
    except CannotTranslate as held:
        return {"xml": "", "txt": f"Held: {held.reason}\nRemedy: {held.remedy}\n"}
    # Nothing is between two elements on the wire: "><" is never text, because texts have "&gt;" there.
    readable = render_order(result.order).replace("><", ">\n<") + "\n"
    return {"xml": readable, "txt": "".join(f"{warning}\n" for warning in result.warnings)}


def approved(name, kind):
    file = GOLDEN / f"{name}.{kind}"
    return file.read_bytes().decode() if file.exists() else ""


def rewrite(name, found):
    for kind, text in found.items():
        file = GOLDEN / f"{name}.{kind}"
        if text:
            file.write_bytes(text.encode())
        else:
            file.unlink(missing_ok=True)


@pytest.mark.parametrize("name", NAMES)
def test_the_order_is_sent_as_approved(name):
    found = answers(name)
    if os.environ.get(REWRITE):
        rewrite(name, found)
        pytest.skip("written anew: read the difference")
    differences = [
        line
        for kind, text in found.items()
        for line in difflib.unified_diff(
            approved(name, kind).split("\n"),
            text.split("\n"),
            f"approved {name}.{kind}",
            "sent now",
            lineterm="",
        )
    ]
    if differences:
        pytest.fail("\n".join(differences), pytrace=False)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("sample-")])
def test_numbers_read_as_floats_give_the_same_bytes(name):
    assert answers(name, floats=float) == answers(name)


def test_every_answer_belongs_to_an_order():
    assert {file.stem for file in GOLDEN.glob("*.*")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_warning_and_every_reason_says_what_to_do(name):
    """Two sentences at least: what is the matter, and a remedy that asks for something."""
    for sentence in answers(name)["txt"].replace("\nRemedy:", "").splitlines():
        assert ASKS.search(sentence), sentence
