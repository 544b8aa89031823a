"""Who is billed and where it goes (Miva reference §7.2; SETI reference §3.1.2)."""

from msgspec.structs import replace

from orders.translate.errors import Unreadable, shown
from orders.translate.members import Row, text
from stores.seti.responses import Address, Party

NOWHERE = (
    "Enter street, city or postal code of the billing or shipping address in Miva, and pull the order again."
)
NOTHING_SHIPPED = (
    "The order has no address; it is sent without one, because nothing of it is shipped. Enter an address in Miva and "
    "pull the order again, if Stone Edge does not take it."
)


def parties(raw: Row, warnings: list[str], *, shipped: bool) -> tuple[Party, Party]:
    """Billing and shipping party; what one of them lacks is the other's: the name with the company, and the address.

    Adds to the ``warnings``. Raises Unreadable when nobody is known, or when goods are ``shipped`` and there is no
    address: Stone Edge cannot file such an order.
    """
    own = party(raw, "bill"), party(raw, "ship")
    billing, shipping = completed(own[0], own[1]), completed(own[1], own[0])
    email = billing.email or text(raw, "cust_pw_email") or shipping.email
    billing, shipping = with_email(billing, email), with_email(shipping, email)
    if located(billing):
        warnings += unlike(own[1], shipping, "shipping", "billing")
        warnings += unlike(own[0], billing, "billing", "shipping")
    elif shipped or not billing.full_name:
        raise Unreadable("it has neither a billing nor a shipping address", NOWHERE)
    else:
        warnings.append(NOTHING_SHIPPED)
    warnings += region_warnings(billing, shipping)
    return billing, shipping


def party(raw: Row, prefix: str) -> Party:
    """The party in the members ``<prefix>_fname`` … ``<prefix>_cntry``, as it stands there."""
    company = text(raw, f"{prefix}_comp")
    name = f"{text(raw, f'{prefix}_fname')} {text(raw, f'{prefix}_lname')}".strip()
    street1, street2 = text(raw, f"{prefix}_addr1"), text(raw, f"{prefix}_addr2")
    address = Address(
        street1=street1 or street2,
        street2=street2 if street1 else "",
        city=text(raw, f"{prefix}_city"),
        state=code_or_region(text(raw, f"{prefix}_state")),
        code=text(raw, f"{prefix}_zip"),
        country=code_or_region(text(raw, f"{prefix}_cntry")),
    )
    return Party(
        name or company, company, text(raw, f"{prefix}_phone"), text(raw, f"{prefix}_email"), address
    )


def completed(party: Party, other: Party) -> Party:
    """The party with what it lacks from the other. Who picks a parcel up keeps his name, but has no address of his own."""
    if located(party):
        name = party.full_name or party.email or other.full_name
        return party if name == party.full_name else replace(party, full_name=name)
    address = other.address if located(other) else party.address
    if party.full_name:
        return replace(party, address=address)
    return Party(
        other.full_name, other.company, party.phone or other.phone, party.email or other.email, address
    )


def unlike(own: Party, sent: Party, side: str, other: str) -> list[str]:
    """A warning when a party without a place names a region that is not that of the address it is given."""
    given = [
        (own.address.state, sent.address.state),
        (own.address.country, sent.address.country),
    ]
    if located(own) or all(region in ("", borrowed) for region, borrowed in given):
        return []
    regions = ", ".join([shown(region) for region, _ in given if region])
    return [
        f"The {side} address is only {regions}; the {other} address is sent in its place. Enter the street in Miva and "
        "pull the order again, if the goods go elsewhere."
    ]


def code_or_region(region: str) -> str:
    """Two letters are a code and become capitals; anything else is the full name and stays as it is."""
    return region.upper() if is_code(region) else region


def is_code(region: str) -> bool:
    return len(region) == 2 and region.isascii() and region.isalpha()


def region_warnings(billing: Party, shipping: Party) -> list[str]:
    """Countries and US states that are no codes; they are sent as they are (SETI reference §3.1.2)."""
    warnings = []
    for party, side in ((billing, "billing"), (shipping, "shipping")):
        country, state = party.address.country, party.address.state
        if not located(party):
            continue
        if country and not is_code(country):
            warnings.append(
                f"The {side} country {shown(country)} is not a two-letter code and is sent as it is. Correct the "
                "country in Miva, or when the order is imported."
            )
        elif country == "US" and not is_code(state):
            found = (
                "is missing" if not state else f"{shown(state)} is not a two-letter code; it is sent as it is"
            )
            warnings.append(
                f"The {side} state {found}. One of the United States should be its two letters: correct the state in "
                "Miva, or when the order is imported."
            )
    return list(dict.fromkeys(warnings))


def located(party: Party) -> bool:
    """Whether a parcel or a letter could be sent there: a country or a name alone is no address."""
    address = party.address
    return bool(address.street1 or address.city or address.code)


def with_email(party: Party, email: str) -> Party:
    """The party, with this e-mail address where it has none of its own, and by its e-mail address where it has no name."""
    if party.full_name and (party.email or not email):
        return party
    return replace(party, full_name=party.full_name or party.email or email, email=party.email or email)
