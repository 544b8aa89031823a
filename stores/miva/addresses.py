"""Where a store's endpoint may lead: to the public internet, never into our own network."""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

_PROTOCOL_ASSIGNMENTS = ipaddress.ip_network(
    "192.0.0.0/24"
)  # RFC 6890; older Pythons call parts of it global

Resolver = Callable[[str, int], Sequence[str]]
"""Host name and port to IP addresses; raises OSError when the name is unknown."""


def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, in the system's order, each once. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """False for private, loopback, link-local, multicast, reserved and unspecified addresses.

    An IPv4 address in IPv6 dress counts as what it is.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and ip not in _PROTOCOL_ASSIGNMENTS


def check_endpoint(
    url: str, allow_private: bool = False, resolver: Resolver = resolve, *, allow_http: bool = False
) -> None:
    """Raises ValueError, in a sentence for the form, when this URL must not or cannot be a store's endpoint.

    Looks the name up. `allow_private` allows addresses of our own network, `allow_http` http beside https (a sandbox
    store needs both)."""
    host, port = check_shape(url, allow_private, allow_http)
    try:
        addresses = resolver(host, port)
    except (OSError, UnicodeError):
        raise ValueError(
            f"The name {host} cannot be found. Check the spelling of the endpoint; it is the store's "
            f"address followed "
            "by its folder and json.mvc, such as https://www.example.com/mm5/json.mvc."
        ) from None
    for address in () if allow_private else addresses:
        if not is_public(address):
            raise ValueError(
                f"The name {host} leads to {address}, an address inside a private network. "
                "A store's endpoint must be reachable from the public internet."
            )


def check_shape(url: str, allow_private: bool = False, allow_http: bool = False) -> tuple[str, int]:
    """Host and port of an endpoint whose form is right; looks nothing up. Raises ValueError."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(f"The endpoint {url!r} is not a web address.") from None
    if parts.scheme not in (("https", "http") if allow_http else ("https",)):
        raise ValueError("The endpoint must begin with https://, because it carries the store's keys.")
    if not host or any(sign.isspace() or not sign.isprintable() for sign in url) or "\\" in url:
        raise ValueError(
            "The endpoint must be a whole web address, such as https://www.example.com/mm5/json.mvc."
        )
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            "The endpoint must not hold a user name or password; the fields for HTTP basic login are for "
            "that."
        )
    if parts.fragment or url.endswith("#"):
        raise ValueError("The endpoint must not hold a # part.")
    if not allow_private:
        _check_literal(host)
    return host, port or (443 if parts.scheme == "https" else 80)


def _check_literal(host: str) -> None:
    try:
        public = is_public(host)
    except ValueError:
        return
    if not public:
        raise ValueError(f"The endpoint leads to {host}, an address inside a private network.")
