"""Finding payment card numbers and verification codes."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from stores.miva.disguises import revealed

# Names as gateways spell them, without case and punctuation. What is part of a longer name …
_VERIFICATION = re.compile(
    r"cvv|ccv|cvc|cvn|cvd|csc|cardcode|cccode|cvcode|(?:^|cc|card|x)vcode"
    r"|(?:^|cc|card|x)cv2|(?:cc|card)security|sec(?:urity|ure)?code|verificationc?(?:code|value|num|no|data)|magstripe|track[12]|pinblock"
)
# … and what is too short for that.
_VERIFICATION_WHOLE = re.compile(
    r"(?:cc|card|x)?(?:cid|cav2?|cvs|pin|verification)(?:code|value|num|number)?|security(?:num|number|digits)"
)
_RESULT = re.compile(
    r"result|resp|match|status|message|msg|indicator|method"
)  # of the check, not the code itself
_CARD_NUMBER = re.compile(
    r"(?:cc|x|payment|pay)?(?:card|creditcard|cc|acct|account|bankaccount|bankacct|pan|ach)(?:num|number|no|nbr)"
    r"|(?:e?check|bank|ach)(?:acct|account)(?:num|number|no|nbr)?|ccn|pan|iban"
)
_NOT_NAME = re.compile(r"[^a-z0-9]")
_RUN = re.compile(r"[0-9](?:[\s._,/\-\u00a0\u2010-\u2015]{0,3}[0-9]){12,}")
_DIGIT = re.compile(r"\d")  # in any script
_GROUP = re.compile(r"[0-9]+")
_DOUBLED = str.maketrans(
    "0123456789", "0246813579"
)  # twice the digit, or the sum of the two digits that this has

# As people write it: "CVV: 123", "security code is 1234"; also as a member of JSON: "cvv2": "123".
_TYPED_CODE = re.compile(
    r"((?<![a-z])(?:x_|cc_|card_?)?(?:cvv2?|cvc2?|cvn|csc|security[ _]?code|card[ _]?code)"
    r"(?:[ _]?(?:is|code|number|value|no)){0,3}[^a-z0-9\n]{0,6})[0-9]{3,4}(?![0-9])",
    re.IGNORECASE,
)
_CODE_WORD = re.compile(r"cv[vcn]|csc|y[ _]?code|d[ _]?code", re.IGNORECASE)

SHORTEST, LONGEST = 13, 19
SHORTEST_NAMED = len("cvv123")  # of a text with a verification code and its name
LONGEST_PHONE = 14  # digits that a telephone number may have here; cards of 15 and more are found beside them


@lru_cache(maxsize=1024)  # the same few names come with every payment
def is_verification_name(name: str, *, certain: bool = False) -> bool:
    """True for the usual names of a verification code, a magnetic stripe or a PIN: cvv2, card_code, cid, never cvv_result.

    With `certain`, only for names that mean nothing else: outside of payments a cid may be a customer's number.
    """
    plain = _NOT_NAME.sub("", name.lower())
    if code := _VERIFICATION.search(plain):
        return _RESULT.search(plain, code.end()) is None
    return not certain and _VERIFICATION_WHOLE.fullmatch(plain) is not None


@lru_cache(maxsize=1024)
def is_card_number_name(name: str) -> bool:
    """True for the usual names of a card or bank account number: cc_number, acct_no …, never po_number."""
    return bool(_CARD_NUMBER.fullmatch(_NOT_NAME.sub("", name.lower())))


def has_digits(text: str) -> bool:
    """Whether the text is long enough and has a digit at all: no other can hold a number or a code, not even as entities."""
    return len(text) >= SHORTEST_NAMED and _DIGIT.search(text) is not None


def last_four(text: str) -> str:
    """The last four digits of a number. Text with four digits or fewer, such as "** Secured **", stays."""
    digits = "".join(_GROUP.findall(text))
    return digits[-4:] if len(digits) > 4 else text


def mask_card_data(
    text: str,
    first_digits: str = "23456",
    shortest: int = SHORTEST,
    reveal: Callable[[str], str] = revealed,
) -> str:
    """The text without card numbers and named verification codes, also those that show only when it is displayed.

    `reveal` says how it is displayed. A text in which something was hidden is returned as displayed. For the other two see
    `mask_card_numbers`.
    """
    if not has_digits(text):
        return text
    masked = mask_verification_codes(mask_card_numbers(text, first_digits, shortest))
    plain = reveal(masked)
    if plain == masked:
        return masked
    found = mask_verification_codes(mask_card_numbers(plain, first_digits, shortest))
    return masked if found == plain else found


def mask_verification_codes(text: str) -> str:
    """The text with stars for a verification code that is named as such: "CVV 123" becomes "CVV ***"."""
    if _CODE_WORD.search(text) is None:
        return text
    return _TYPED_CODE.sub(r"\1***", text)


def mask_card_numbers(text: str, first_digits: str = "23456", shortest: int = SHORTEST) -> str:
    """The text with every card number shown as stars and its last four digits.

    A card number has 13 to 19 digits, alone or in groups parted by white space, dots, commas, slashes,
    underscores or dashes of any length, passes the Luhn
    check and begins with one of `first_digits` (payment cards begin with 2 to 6; the default spares times,
    most bar codes and ids in free text). `shortest`: fewer digits are no card number here.
    """
    if _RUN.search(text) is None:  # almost always, and this is called for every text of every order
        return text
    return _RUN.sub(lambda run: _mask_run(run[0], first_digits, shortest), text)


def passes_luhn(digits: str) -> bool:
    """The check digit rule of ISO/IEC 7812."""
    others = digits[-2::-2].translate(_DOUBLED)
    return sum(map(int, digits[-1::-2] + others)) % 10 == 0


def _mask_run(run: str, first_digits: str, shortest: int) -> str:
    done, shown = 0, ""
    for start, end, digits in _windows(run):
        if start < done or len(digits) < shortest or digits[0] not in first_digits:
            continue
        if len(set(digits)) > 1 and passes_luhn(digits):
            shown += run[done:start] + "*" * (len(digits) - 4) + digits[-4:]
            done = end
    return shown + run[done:]


def _windows(run: str) -> Iterator[tuple[int, int, str]]:
    """Every stretch of whole digit groups as long as a card number: a date may stand right beside one."""
    groups = [(match.start(), match.end(), match[0]) for match in _GROUP.finditer(run)]
    for first, (start, _, _) in enumerate(groups):
        digits, stretches = "", []
        for _, end, group in groups[first : first + LONGEST]:
            digits += group
            if len(digits) > LONGEST:
                break
            if len(digits) >= SHORTEST:
                stretches.append((start, end, digits))
        # Longest last would cut a 19-digit number short, so the longest is tried first.
        yield from reversed(stretches)
