"""Kept sentences in the reader's language: every form is found again, every sentence of ours has one, all others stay."""

import ast
import importlib
import re
from collections.abc import Iterator
from types import ModuleType

import pytest
from django.utils.translation import gettext, override

from stores.sentences import PLACE, TEXTS, told

MODULES = ("answers", "client", "denials", "refusals", "shipments", "signing", "transport", "wire")
# What merchants are told comes from here.
SOURCES = [
    *(f"stores.miva.{name}" for name in MODULES),
    *(
        "stores.wires",
        "stores.draining",
        "orders.pull",
        "orders.prepare",
        "orders.release",
        "orders.not_pulled",
    ),
    *("orders.roads.dates", "orders.roads.queues", "orders.translate.order"),
    *(
        "fulfillment.waiting",
        "fulfillment.work",
        "fulfillment.push",
        "fulfillment.change",
        "fulfillment.edited",
    ),
    *("inventory.batches", "inventory.readback", "inventory.refusals", "inventory.resolve"),
]
# Sentences of these modules that reach no merchant: what support is to do, and faults of whoever calls.
NOT_TOLD = re.compile(
    "Tell the operators|The log has|Nothing to do|'Release' takes|Correct the order in Miva, or the store's settings"
    "|Fetch it here|Wait for it|It is fetched by itself|Compare the queue code|If it is a further package"
    "|Compare with the order in Stone Edge|A shipment may be updated|At least one|Miva must not be called"
    "|The answer was lost; Miva was read again|The exchange %s"
)

WORDS = {
    "named(raw)": "Order 7",
    "problem.problem": "it has no lines",
    "named(there)": "line 7 (7)",
    "shown": "has no such shipment",
    "words": "Nothing keeps it away.",
}


def sentences_of(module: ModuleType) -> Iterator[str]:
    """Yield the sentences that stand in a module, 7 in each place that differs."""
    with open(module.__file__, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    spoken = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]  # docstrings
    inner = [part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values]
    passed_over = {id(node) for node in (*spoken, *inner)}
    for node in ast.walk(tree):
        if id(node) not in passed_over and isinstance(node, ast.Constant | ast.JoinedStr):
            text = filled(node, module)
            if " " in text and re.fullmatch(r"[A-Z0-9%'{].*[.]", text, re.DOTALL):
                yield re.sub(r"\{\w+\}", "7", text)


def filled(node: ast.Constant | ast.JoinedStr, module: ModuleType) -> str:
    """Return a text with 7 in its places; constants of the module stand for themselves."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    parts = (each.value if isinstance(each, ast.Constant) else sample(each, module) for each in node.values)
    return "".join(parts)


def sample(place: ast.FormattedValue, module: ModuleType) -> str:
    """Return what may stand in a place: a constant of the module, words of another function, else 7."""
    source = ast.unparse(place.value)
    known = WORDS.get(source) or str(getattr(module, source, 7))
    return repr(known) if place.conversion == ord("r") else known


@pytest.mark.parametrize("source", SOURCES)
def test_every_sentence_that_merchants_are_told_has_a_form(source):
    found = [text for text in sentences_of(importlib.import_module(source)) if not NOT_TOLD.search(text)]
    with override("de"):
        assert [text for text in found if told(text) == text] == []


def test_sentences_are_found_in_the_modules():
    texts = [text for source in SOURCES for text in sentences_of(importlib.import_module(source))]
    assert len(texts) > 100
    assert "The name 7 cannot be found." in texts


@pytest.mark.parametrize("language", ["de", "es"])
def test_every_form_is_found_again_whatever_stands_in_its_places(language):
    with override(language):
        for text in TEXTS:
            values = {name: f"<{name}>" for name in PLACE.findall(text)}
            assert told(text % values) == gettext(text) % values


def test_a_hold_is_told_down_to_its_last_part():
    kept = "Order 200143: line 501: price holds 'abc', which is not a number."
    with override("de"):
        assert told(kept) == "Bestellung 200143: Position 501: price enthält 'abc'; erwartet wird: eine Zahl."


def test_several_sentences_and_clauses_are_told_one_by_one():
    with override("es"):
        assert told("Line 5 is not in the order any more. Miva's own words. It is tried again.") == (
            "La línea 5 ya no está en el pedido. Miva's own words. Se intenta de nuevo."
        )
        assert told("Line 1 (MUG) is cancelled in Miva; line 2 (CAP) was returned in Miva.") == (
            "La línea 1 (MUG) está cancelada en Miva; la línea 2 (CAP) se devolvió en Miva."
        )


@pytest.mark.parametrize(
    "sentence", ["", "Holiday until Monday", "Karen says: call 50 % of them.", "a" * 5_000, "%(x)s"]
)
def test_words_of_people_are_told_as_they_were_kept(sentence):
    with override("de"):
        assert told(sentence) == sentence


def test_in_english_nothing_is_changed():
    with override("en"):
        assert told("shop.example.com refused the connection.") == "shop.example.com refused the connection."
