"""Every text of the merchants' pages, and every word about health, is there in German and Spanish."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation.template import templatize

ROOT = Path(__file__).parents[2]
SOURCES = [
    *sorted((ROOT / "config" / "status").glob("*.py")),
    *sorted((ROOT / "config" / "alerts").glob("*.py")),
    *(ROOT / path for path in ("stores/posting.py", "stores/models/alerts.py")),
    *(ROOT / path for path in ("stores/health.py", "stores/outbox_health.py", "stores/models/members.py")),
    *(ROOT / path for path in ("config/sign_in.py", "stores/letters.py", "stores/share_links.py")),
    *(ROOT / path for path in ("stores/models/incidents.py", "orders/health.py")),
    *(ROOT / path for path in ("fulfillment/health.py", "inventory/health.py")),
    *sorted((ROOT / "stores" / "sentences").glob("[!_]*.py")),
]
TEMPLATES = [
    path
    for folder in ("status", "alerts", "sign_in")
    for path in (ROOT / "templates" / folder).rglob("*")
    if path.suffix in (".html", ".txt")
]
CALLS = {"_", "gettext", "gettext_lazy", "ngettext"}


def texts_of(source: str) -> Iterator[tuple[str, bool]]:
    """Yield each text that is to be translated, singular and plural alike, and whether it is one of a pair."""
    for node in ast.walk(ast.parse(source)):
        name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        if name in CALLS:
            plural = name == "ngettext"
            yield ast.literal_eval(node.args[0]), plural


def all_texts() -> set[tuple[str, bool]]:
    found = {text for path in SOURCES for text in texts_of(path.read_text())}
    for path in TEMPLATES:
        calls = re.findall(
            r"""gettext\(u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\)""", templatize(path.read_text())
        )
        found |= {(ast.literal_eval(call), False) for call in calls}
    return found


def test_texts_are_found_in_modules_and_templates():
    texts = {text for text, _ in all_texts()}
    assert {"Everything works.", "Orders from Miva", "Yours to fix", "%(count)s order is held."} <= texts


@pytest.mark.parametrize("language", ["de", "es"])
def test_every_text_is_translated(language):
    with (ROOT / "locale" / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        catalogue = gettext.GNUTranslations(file)._catalog
    # A pair is kept under its singular and the number of the form.
    missing = [text for text, pair in all_texts() if not catalogue.get((text, 1) if pair else text)]
    assert missing == []


@pytest.mark.parametrize("language", ["de", "es"])
def test_translations_keep_the_places_for_figures(language):
    with (ROOT / "locale" / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        catalogue = gettext.GNUTranslations(file)._catalog
    places = re.compile(r"%\(\w+\)s|%%")
    for text, translated in catalogue.items():
        original, form = text if isinstance(text, tuple) else (text, 0)
        if original and form == 0:  # a singular may do without its figure
            assert sorted(places.findall(original)) == sorted(places.findall(translated)), original
