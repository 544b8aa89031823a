"""Sentences that were written down in English when something happened, told in the reader's language.

What Miva, a pull or a push said is kept as it was said. The modules beside this one have every form that such a sentence can
have, as a text to be translated with places for what differs; `told` finds the form again. What has no form, because it is a
person's or Miva's own words, is told as it was kept.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from django.conf import settings
from django.utils.translation import get_language, gettext

from stores.sentences import miva, orders, pushes

LONGEST = 1_000  # characters; what is longer was not written by us
PLACE = re.compile(r"%\((\w+)\)s")
ENDS = re.compile(r"(?<=[.?]) ")  # between two sentences


def told(sentences: str) -> str:
    """Return kept sentences in the present language; each that has no form here as it was kept."""
    language = get_language()
    if language in (None, settings.LANGUAGE_CODE) or len(sentences) > LONGEST:
        return sentences
    return in_language(sentences, language)


@lru_cache(2_000)
def in_language(sentences: str, language: str | None) -> str:
    """Return the same, reckoned once for each language: the pages ask for themselves again and again."""
    return whole(sentences) or " ".join(one_by_one(ENDS.split(sentences)))


def one_by_one(pieces: list[str]) -> Iterator[str]:
    """Yield sentences translated: the longest beginning that has a form first, for some forms are several sentences."""
    while pieces:
        ends = range(len(pieces), 0, -1)
        found = ((end, whole(" ".join(pieces[:end]))) for end in ends)
        end, words = next(((end, words) for end, words in found if words), (1, pieces[0]))
        yield words
        pieces = pieces[end:]


def whole(sentence: str) -> str:
    """Return the translation of a sentence that has one form from its beginning to its end, empty when it has none."""
    for text, form in FORMS:
        if fits := form.fullmatch(sentence):
            return gettext(text) % {name: part(value) for name, value in fits.groupdict().items()}
    return f"{words}." if sentence.endswith(".") and (words := clauses(sentence[:-1])) else ""


def clauses(text: str) -> str:
    """Return clauses translated, each that has a form; empty when none has."""
    pieces = text.split("; ")
    found = [whole(piece) for piece in pieces]
    return "; ".join(words or piece for words, piece in zip(found, pieces, strict=True)) if any(found) else ""


def part(value: str) -> str:
    """Return what stands in a place: clauses that have forms are translated, names and figures stay."""
    return whole(value) or clauses(value) or value


def form_of(text: str) -> re.Pattern[str]:
    """Return what finds the form of a text."""
    parts = PLACE.split(text)  # fixed words and names of places in turn
    found = (f"(?P<{each}>.+?)" if place % 2 else re.escape(each) for place, each in enumerate(parts))
    return re.compile("".join(found), re.DOTALL)


def fixed(text: str) -> tuple[int, int]:
    """Return how much of a text is fixed, at its beginning and in all: of two forms that fit, the one that says more is meant."""
    beginning, *_ = PLACE.split(text, maxsplit=1)
    return len(beginning), len(PLACE.sub("", text))


TEXTS = (*miva.FORMS, *orders.FORMS, *pushes.FORMS)
FORMS = [(text, form_of(text)) for text in sorted(TEXTS, key=fixed, reverse=True)]
