"""What lies behind Miva's `access_denied` (Miva reference §2, order of checks)."""

from stores.miva.errors import (
    AccessDenied,
    ClockSkewed,
    EndpointWrong,
    MivaError,
    SignatureRefused,
    TimestampMissing,
    TokenDisabled,
)
from stores.miva.wire import Answer, Asked

_TOKENS = "Miva (Users, API Tokens)"


def denial(message: str, answer: Answer, asked: Asked) -> MivaError:
    """The error for this message. Miva looks at token, address, clock, signature, function, in this order."""
    words = message.lower()
    if "timestamp outside" in words:
        return _skewed(answer)
    if "missing required timestamp" in words:
        return TimestampMissing(
            "The token wants a time in every request, and this store is set up to send none.",
            "Switch Timestamp on in the store's settings.",
        )
    if "timestamp requires request signature" in words:
        return SignatureRefused(
            "The token wants every request signed, and this store is set up to sign none.",
            "Set Digest to sha256 and enter the token's signing key in the store's settings.",
        )
    if "signature" in words:
        return SignatureRefused(
            "The token is known, but the signing key is wrong: Miva could not match our signature.",
            f"Copy the signing key of exactly this token once more from {_TOKENS}, whole and without spaces.",
        )
    if "disabled" in words:
        return TokenDisabled(
            "The token is known, but it is switched off in Miva.",
            f"Enable it in {_TOKENS}, or enter another token.",
        )
    if "request method" in words or "content type" in words or "authorization type" in words:
        return EndpointWrong(
            f"Miva did not take the request as we sent it: {message}.",
            "Something between us and the store, such as a proxy, changes requests: ask the store's host.",
        )
    return _plain(message, asked)


def _plain(message: str, asked: Asked) -> MivaError:
    return AccessDenied(
        f'Miva refuses us access: it answered {asked.function} with "{message}".',
        f"Miva says the same in three cases, so look at all three in {_TOKENS}: is the token copied whole "
        f"and from this "
        "store's Miva; does its list of IP addresses hold the address of this server; is the function "
        f"{asked.function} granted to it for store {asked.store_code}, by itself or through a group? "
        "Support has to enter a token that you replace.",
    )


def _skewed(answer: Answer) -> MivaError:
    offset = None if answer.date is None else answer.date - answer.arrived
    error = ClockSkewed(
        f"Miva refused the time in our request: {describe_offset(offset)}.",
        "Let this server set its clock by NTP. If its clock is right, the store's is wrong: ask the store's "
        "host; until "
        f"then a wider timestamp window can be set for the token in {_TOKENS}.",
    )
    error.offset_seconds = offset
    return error


def describe_offset(offset: float | None) -> str:
    """The difference in words; `offset` is the store's clock minus ours in seconds, None when unknown."""
    if offset is None:
        return "the clocks of this server and the store differ, by how much is unknown"
    seconds = round(abs(offset))
    if seconds == 0:
        return (
            "this server's clock and the store's agree to the second, so the token's window may be too narrow"
        )
    side = "behind" if offset > 0 else "ahead of"
    return f"this server's clock is {seconds} seconds {side} the store's"
