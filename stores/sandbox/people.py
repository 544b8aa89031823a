"""Made-up shoppers: example.com addresses, 555 numbers, documentation-only IP addresses."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

FIRST_NAMES = (
    "Jordan",
    "Renée",
    "Sam",
    "Ana",
    "José",
    "Siobhán",
    "Łucja",
    "Priya",
    "Björn",
    "Mei",
    "Noah",
    "Zoë",
)
LAST_NAMES = (
    "Rivera",
    "O'Connor",
    "Lee",
    "Prieto",
    "Müller",
    "Åkesson",
    "D'Angelo",
    "Nowak",
    "Smith-Jones",
    "Çelik",
)
COMPANIES = (
    "",
    "",
    "",
    "Kiln & Clay",
    "Rivera Supply LLC",
    'The "Good" Yarn Co.',
    "Müller & Söhne GmbH",
    "Café <Bar>",
)
STREETS = ("Alder Way", "Quarry Rd", "Mill Lane", "Harbor St", "Hilltop Dr", "Station Road", "Böttgerstraße")
SECOND_LINES = ("", "", "", "Apt 4", "Suite 200", "Bât. B", "c/o Front Desk")


@dataclass(frozen=True)
class Place:
    """A town with the country and state spelling that Miva would hold."""

    city: str
    state: str
    zip: str
    country: str
    taxed: bool = False


PLACES = (
    Place("Portland", "OR", "97205", "US"),
    Place("Austin", "TX", "78701", "US", taxed=True),
    Place("Ridge", "PA", "19011", "US", taxed=True),
    Place("San José", "CA", "95112", "US", taxed=True),
    Place("St. Paul", "MN", "55101-2204", "US", taxed=True),
    Place("Agana", "GU", "96910", "US"),
    Place("Montréal", "QC", "H2Y 1C6", "CA"),
    Place("Paris", "Ile-de-France", "75005", "FR"),
    Place("Köln", "Nordrhein-Westfalen", "50667", "DE"),
    Place("Dublin", "Leinster", "D02 AF30", "IE"),
    Place("Sydney", "NSW", "2000", "AU"),
)
PLACE_WEIGHTS = (20, 20, 15, 15, 8, 1, 6, 4, 4, 4, 3)


@dataclass(frozen=True)
class Person:
    """A shopper at one address."""

    first_name: str
    last_name: str
    email: str
    company: str
    phone: str
    street: str
    second_line: str
    place: Place

    def address(self, prefix: str) -> dict[str, str]:
        """The twelve `ship_*` or `bill_*` members, in Miva's order."""
        values = (self.first_name, self.last_name, self.email, self.company, self.phone, "", self.street)
        place = (self.second_line, self.place.city, self.place.state, self.place.zip, self.place.country)
        names = (
            "fname",
            "lname",
            "email",
            "comp",
            "phone",
            "fax",
            "addr1",
            "addr2",
            "city",
            "state",
            "zip",
            "cntry",
        )
        return {f"{prefix}_{name}": value for name, value in zip(names, values + place, strict=True)}


def person(random: Random) -> Person:
    """A shopper drawn from `random`."""
    first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
    number = random.randint(100, 9999)
    return Person(
        first_name=first,
        last_name=last,
        email=f"shopper{number}@example.com",
        company=random.choice(COMPANIES),
        phone=f"555-01{number % 100:02d}",
        street=f"{random.randint(1, 999)} {random.choice(STREETS)}",
        second_line=random.choice(SECOND_LINES),
        place=random.choices(PLACES, PLACE_WEIGHTS)[0],
    )


def ip_address(random: Random) -> str:
    """An address of the documentation network 198.51.100.0/24."""
    return f"198.51.100.{random.randint(1, 254)}"
