"""Finding payment card numbers and verification codes."""

import re
from collections.abc import Iterator
from functools import lru_cache

# Names as gateways spell them, without case and punctuation. What is part of a longer name …
_VERIFICATION = re.compile(
    r"cvv|ccv|cvc|cvn|cvd|csc|cardcode|cccode|cvcode|(?:^|cc|card|x)vcode"
    r"|sec(?:urity|ure)?code|verificationc?(?:code|value|num|no|data)|magstripe|track[12]|pinblock"
)
# … and what is too short for that.
_VERIFICATION_WHOLE = re.compile(r"(?:cc|card|x)?(?:cid|cav2?|cvs|pin|verification)(?:code|value|number)?")
_RESULT = re.compile(
    r"result|resp|match|status|message|msg|indicator|method"
)  # of the check, not the code itself
_CARD_NUMBER = re.compile(
    r"(?:cc|x|payment|pay)?(?:card|creditcard|cc|acct|account|bankaccount|bankacct|pan|ach)(?:num|number|no|nbr)"
    r"|(?:e?check|bank|ach)(?:acct|account)(?:num|number|no|nbr)?|ccn|pan|iban"
)
_NOT_NAME = re.compile(r"[^a-z0-9]")
_RUN = re.compile(r"[0-9](?:[ .\-\u00a0]{0,3}[0-9]){12,}")
_GROUP = re.compile(r"[0-9]+")

SHORTEST, LONGEST = 13, 19


@lru_cache(maxsize=1024)  # the same few names come with every payment
def is_verification_name(name: str) -> bool:
    """True for the usual names of a verification code, a magnetic stripe or a PIN: cvv2, card_code, cid, never cvv_result."""
    plain = _NOT_NAME.sub("", name.lower())
    if _RESULT.search(plain):
        return False
    return bool(_VERIFICATION.search(plain) or _VERIFICATION_WHOLE.fullmatch(plain))


@lru_cache(maxsize=1024)
def is_card_number_name(name: str) -> bool:
    """True for the usual names of a card or bank account number: cc_number, acct_no …, never po_number."""
    return bool(_CARD_NUMBER.fullmatch(_NOT_NAME.sub("", name.lower())))


def last_four(text: str) -> str:
    """The last four digits of a number. Text with four digits or fewer, such as "** Secured **", stays."""
    digits = "".join(_GROUP.findall(text))
    return digits[-4:] if len(digits) > 4 else text


def mask_card_numbers(text: str, first_digits: str = "23456") -> str:
    """The text with every card number shown as stars and its last four digits.

    A card number has 13 to 19 digits, alone or in groups parted by spaces, dots or dashes, passes the Luhn
    check and begins with one of `first_digits` (payment cards begin with 2 to 6; the default spares times,
    most bar codes and ids in free text).
    """
    if _RUN.search(text) is None:  # almost always, and this is called for every text of every order
        return text
    return _RUN.sub(lambda run: _mask_run(run[0], first_digits), text)


def passes_luhn(digits: str) -> bool:
    """The check digit rule of ISO/IEC 7812."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _mask_run(run: str, first_digits: str) -> str:
    done, shown = 0, ""
    for start, end, digits in _windows(run):
        if start >= done and digits[0] in first_digits and len(set(digits)) > 1 and passes_luhn(digits):
            shown += run[done:start] + "*" * (len(digits) - 4) + digits[-4:]
            done = end
    return shown + run[done:]


def _windows(run: str) -> Iterator[tuple[int, int, str]]:
    """Every stretch of whole digit groups as long as a card number: a date may stand right beside one."""
    groups = [(match.start(), match.end(), match[0]) for match in _GROUP.finditer(run)]
    for first, (start, _, _) in enumerate(groups):
        digits, stretches = "", []
        for _, end, group in groups[first:]:
            digits += group
            if SHORTEST <= len(digits) <= LONGEST:
                stretches.append((start, end, digits))
        # Longest last would cut a 19-digit number short, so the longest is tried first.
        yield from reversed(stretches)
