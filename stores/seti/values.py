"""Money, numbers, dates and text as Stone Edge wants them (SETI reference §1.4, §2.2, §3.1.1)."""

import html
import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

CENT = Decimal("0.01")
LONGEST_DISPLAY = 4096
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTH_NAMES = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)

_ENTITY = re.compile(r"&(?:#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,7}|[A-Za-z][A-Za-z0-9]{1,31});")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<![^<>]*>")
_BREAK_TAG = re.compile(r" ?(?:</?(?:br|p|div|li|tr|td|h[1-6])\b[^<>]*>\s*)+", re.IGNORECASE)
_BREAKS = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029]+")
_LINE_ENDS = re.compile("[\n\x0b\x0c\r\x85\u2028\u2029]+")
# What XML 1.0 forbids, the C1 controls, the byte-order mark and halves of surrogate pairs.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]+")

_DAY_FIRST = re.compile(r"([0-9]{1,2})[-/ ]([A-Za-z]{3,9})[-/ ]([0-9]{4})")
_MONTH_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_YEAR_FIRST = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_TIME_PART = re.compile(r"(?:[ T,].*)?")


def money(amount: Decimal) -> str:
    """``12.30``: two decimals, rounded half up, no thousands separator, never ``-0.00`` (§1.4 rule 6)."""
    digits = str(amount)
    # Amounts in cents (the common case) already have their two decimals.
    if digits[-3:-2] != ".":
        digits = str(amount.quantize(CENT, ROUND_HALF_UP))
    return "0.00" if digits == "-0.00" else digits


def price(amount: Decimal) -> str:
    """A unit price: at least two decimals, more only where it has them (``35.00``, ``0.333``)."""
    digits = number(amount)
    point = digits.find(".")
    if point < 0:
        return digits + ".00"
    return digits + "0" if len(digits) - point == 2 else digits


def number(amount: Decimal | int) -> str:
    """A quantity or weight without an exponent and without trailing zeros: ``3``, ``0.75``."""
    digits = str(amount)
    if "E" in digits:
        digits = format(amount, "f")
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return "0" if digits in ("-0", "") else digits


def clean(text: str, line_break: str = " ") -> str:
    """Free text: entities undone, forbidden characters removed, ``line_break`` for each run of line breaks.

    A space by default, because the desktop seems to scan for literal tags (§1.4 rule 8).
    """
    if text.isprintable() and "&" not in text:
        return text.strip()
    return _in_lines(undo_entities(text), line_break)


def plain(text: str, line_break: str = " ") -> str:
    """Display text of a shop (names, descriptions): as :func:`clean`, and HTML tags removed (§1.4 rule 4).

    A tag that ends a line or a paragraph leaves a line break: ``Blue<br>Large`` are two words.
    """
    if text.isprintable() and "&" not in text and "<" not in text:
        return text.strip()
    return _displayed(text[:LONGEST_DISPLAY], line_break)


@lru_cache(maxsize=1024)  # a shop has few names for its ways of shipping and its products
def _displayed(text: str, line_break: str) -> str:
    text = undo_entities(text)
    while (stripped := _TAG.sub("", _BREAK_TAG.sub("\n", text))) != text:
        # What the removal joined together may be an entity or a tag again.
        text = undo_entities(stripped)
    return _in_lines(text, line_break)


def undo_entities(text: str) -> str:
    """The text with its HTML entities as characters; only whole ones: ``html.unescape`` changes ``a&copy=1``.

    Repeated, because modules hand back text that was escaped twice; bounded against hostile text.
    """
    for _ in range(4):
        if "&" not in text:
            break
        text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    return text


def _in_lines(text: str, line_break: str) -> str:
    if line_break == " ":
        return _scrubbed(text)
    return line_break.join([line for part in _LINE_ENDS.split(text) if (line := _scrubbed(part))])


def _scrubbed(text: str) -> str:
    return _FORBIDDEN.sub("", _BREAKS.sub(" ", text)).replace("\xa0", " ").strip()


def escape(text: str) -> str:
    """``&``, ``<`` and ``>`` as predefined entities, nothing else (§1.4 rule 4)."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    return text


def date_text(moment: datetime) -> str:
    """``14-Mar-2025 10:32:40 AM``: day padded, hour not, English month whatever the locale (§3.1.1)."""
    half = "AM" if moment.hour < 12 else "PM"
    day = f"{moment.day:02d}-{MONTHS[moment.month - 1]}-{moment.year:04d}"
    return f"{day} {moment.hour % 12 or 12}:{moment.minute:02d}:{moment.second:02d} {half}"


def parse_date(text: str) -> date | None:
    """The day in ``2-Dec-2019``, ``02/Dec/2019``, ``12/2/2019`` (month first) or ``2019-12-02``.

    A time after it is ignored. None for anything else (§2.2: an unusable date counts as absent).
    """
    text = text.strip()[:100]
    if found := _matched(_DAY_FIRST, text):
        return _date(found[2], _month(found[1]), found[0])
    if found := _matched(_MONTH_FIRST, text):
        return _date(found[2], int(found[0]), found[1])
    if found := _matched(_YEAR_FIRST, text):
        return _date(found[0], int(found[1]), found[2])
    return None


def _matched(form: re.Pattern[str], text: str) -> tuple[str, ...] | None:
    found = form.match(text)
    return tuple(found.groups()) if found and _TIME_PART.fullmatch(text, found.end()) else None


def _month(name: str) -> int:
    """1 to 12 for an English month name of three letters or more; 0 if it is none."""
    name = name.lower()
    return next((at for at, full in enumerate(MONTH_NAMES, 1) if full.startswith(name)), 0)


def _date(year: str, month: int, day: str) -> date | None:
    try:
        return date(int(year), month, int(day))
    except ValueError:
        return None
