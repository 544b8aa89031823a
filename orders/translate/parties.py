"""Who is billed and where it goes (Miva reference §7.2; SETI reference §3.1.2)."""

from orders.translate.errors import Unreadable, shown
from orders.translate.members import Row, text
from stores.seti.responses import Address, Party

NOWHERE = (
    "Enter street, city or postal code of the billing or shipping address in Miva, and pull the order again."
)


def parties(raw: Row) -> tuple[Party, Party]:
    """Billing and shipping party; an address that is missing is the other one.

    Raises Unreadable when the order has neither: Stone Edge cannot file an order without an address.
    """
    billing, shipping = party(raw, "bill"), party(raw, "ship")
    if not located(shipping):
        if not located(billing):
            raise Unreadable("it has neither a billing nor a shipping address", NOWHERE)
        shipping = billing
    elif not located(billing):
        billing = shipping
    email = billing.email or text(raw, "cust_pw_email") or shipping.email
    return with_email(billing, email), with_email(shipping, email)


def party(raw: Row, prefix: str) -> Party:
    """The party in the members ``<prefix>_fname`` … ``<prefix>_cntry``."""
    company, email = text(raw, f"{prefix}_comp"), text(raw, f"{prefix}_email")
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
    return Party(name or company or email, company, text(raw, f"{prefix}_phone"), email, address)


def code_or_region(region: str) -> str:
    """Two letters are a code and become capitals; anything else is the full name and stays as it is."""
    return region.upper() if len(region) == 2 and region.isalpha() else region


def region_warnings(billing: Party, shipping: Party) -> list[str]:
    """Countries and US states that are no codes; they are sent as they are (SETI reference §3.1.2)."""
    warnings = []
    for party, side in ((billing, "billing"), (shipping, "shipping")):
        country, state = party.address.country, party.address.state
        if country and len(country) != 2:
            warnings.append(
                f"The {side} country {shown(country)} is not a two-letter code and is sent as it is. Correct the "
                "country in Miva, or when the order is imported."
            )
        elif country == "US" and len(state) != 2:
            warnings.append(
                f"The {side} state {shown(state)} is not a two-letter code, as one of the United States should be; it "
                "is sent as it is. Correct the state in Miva, or when the order is imported."
            )
    return list(dict.fromkeys(warnings))


def located(party: Party) -> bool:
    """Whether a parcel or a letter could be sent there: a country or a name alone is no address."""
    address = party.address
    return bool(address.street1 or address.city or address.code)


def with_email(party: Party, email: str) -> Party:
    """The party, with this e-mail address where it has none of its own."""
    if party.email or not email:
        return party
    return Party(party.full_name or email, party.company, party.phone, email, party.address)
