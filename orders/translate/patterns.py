"""The patterns by which payment methods are recognised: plain words with ``*`` and ``?``, several parted by commas.

Wildcards and not regular expressions: support writes them, and no text may keep the translation busy for long.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

MOST_STARS = 3  # in one pattern
_LONGEST_TEXT = 255
_LONGEST_CODE = 60
_NO_WORD = re.compile(r"[\W_]+")
_NO_MODULE = re.compile(r"[^a-z0-9_.*?-]")
_NO_DESCRIPTION = re.compile(r"[|^$\\\[\]{}]")
_APART = re.compile(r"(?:[^\w*?]|_)+")
EXPLANATION = "* stands for any characters, ? for one; part several patterns with commas"


def alternatives(pattern: str) -> list[str]:
    """The patterns between the commas, in lower case, blank ones left out."""
    return [each for each in (part.strip().lower() for part in pattern.split(",")) if each]


def module_problem(pattern: str) -> str:
    """What is wrong with a pattern for module codes, as a sentence; "" when nothing is."""
    for each in alternatives(pattern):
        if wrong := _NO_MODULE.search(each):
            return f"'{each}' holds '{wrong[0]}', which no module code has. Use letters, digits, - _ and .; {EXPLANATION}."
        if problem := _stars_problem(each):
            return problem
    return ""


def description_problem(pattern: str) -> str:
    """What is wrong with a pattern for descriptions, as a sentence; "" when nothing is."""
    for each in alternatives(pattern):
        if wrong := _NO_DESCRIPTION.search(each):
            return f"'{each}' holds '{wrong[0]}', which has no meaning here. Write words; {EXPLANATION}."
        if not words(each).strip():
            return (
                f"'{each}' has no letter and no digit, so it would fit everything. Write at least one word."
            )
        if problem := _stars_problem(each):
            return problem
    return ""


def _stars_problem(pattern: str) -> str:
    if pattern.count("*") <= MOST_STARS:
        return ""
    return (
        f"'{pattern}' has more than {MOST_STARS} stars. Write a shorter pattern, or several parted by commas."
    )


@lru_cache(maxsize=4096)
def module_regex(pattern: str) -> re.Pattern[str] | None:
    """For ``fullmatch`` with a module code in lower case; None for a blank pattern, which fits every module."""
    return _any_of(_wild(each, ".*", ".") for each in alternatives(pattern))


@lru_cache(maxsize=4096)
def words_regex(pattern: str) -> re.Pattern[str] | None:
    """For ``search`` in :func:`words`; whole words, ``*`` the rest of one. None for a blank pattern."""
    return _any_of(
        f" {_wild(_APART.sub(' ', each).strip(), '[^ |]*', '[^ |]')} " for each in alternatives(pattern)
    )


def _any_of(found: Iterable[str]) -> re.Pattern[str] | None:
    every = list(found)
    return re.compile("|".join(every), re.DOTALL) if every else None


def _wild(pattern: str, many: str, one: str) -> str:
    return "".join(many if sign == "*" else one if sign == "?" else re.escape(sign) for sign in pattern)


def words(*texts: str) -> str:
    """The texts in lower case, their words separated and enclosed by single spaces, the texts parted by ``|``."""
    return "|".join(f" {_NO_WORD.sub(' ', text[:_LONGEST_TEXT].lower()).strip()} " for text in texts if text)


def module_code(code: str) -> str:
    """A module code as patterns see it: lower case, without the prefix of Miva's source kit (Miva reference §12.2)."""
    return code[:_LONGEST_CODE].lower().removeprefix("mmlsk-")
