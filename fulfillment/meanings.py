"""What a status label of Stone Edge stands for (SETI reference §2.9), and what Miva calls a carrier (Miva reference §10.3).

Labels are whatever the merchant has configured; a store's own table comes first, then what everybody means by a word.
"""

from fulfillment.models import CarrierMapping, FulfillmentRules, StatusMeaning
from fulfillment.models.rules import Meaning
from stores.models import Store

UNKNOWN = ""
SUBJECTS = ("order ", "item ", "line ")

MEANINGS: dict[str, Meaning] = {
    **dict.fromkeys(("shipped", "fully shipped", "completely shipped"), Meaning.SHIPPED),
    **dict.fromkeys(
        ("partially shipped", "partly shipped", "partial shipment", "shipped partially", "part shipped"),
        Meaning.PARTLY,
    ),
    **dict.fromkeys(("cancelled", "canceled"), Meaning.CANCELLED),
    **dict.fromkeys(("backordered", "back ordered", "on back order", "on backorder"), Meaning.BACKORDERED),
}

TRACKING_TYPES: dict[str, str] = {
    **dict.fromkeys(("fx", "fdx", "fedex", "federal express"), "FedEx"),
    **dict.fromkeys(("ups", "united parcel service"), "UPS"),
    **dict.fromkeys(("usps", "us mail", "us postal service", "po", "post office"), "USPS"),
    "endicia": "Endicia",
    **dict.fromkeys(("canadapost", "canada post", "cpc"), "CanadaPost"),
}


class Meanings:
    """One store's reading of labels; its own table is read once."""

    def __init__(self, store: Store) -> None:
        """Read the store's table."""
        rows = StatusMeaning.objects.of(store).values_list("label", "meaning")
        self._own: dict[str, str] = {plain(label): meaning for label, meaning in rows}

    def of(self, label: str) -> str:
        """Return the meaning, UNKNOWN for a label that nobody has explained."""
        words = plain(label)
        if words in self._own:
            return self._own[words]
        words = words.replace("-", " ")
        for subject in SUBJECTS:
            words = words.removeprefix(subject)
        return MEANINGS.get(words, UNKNOWN)


def tracking_type(store: Store, carrier: str) -> str:
    """Return Miva's tracking type; a carrier without one goes as it is named: Miva stores it and shows no link."""
    own = CarrierMapping.objects.of(store).filter(carrier__iexact=carrier.strip()).first()
    if own is not None:
        return str(own.tracking_type)
    return TRACKING_TYPES.get(plain(carrier).replace(".", ""), carrier.strip())


def rules_of(store: Store) -> FulfillmentRules:
    """Return the store's choices, or the defaults when none were made."""
    return FulfillmentRules.objects.filter(pk=store.pk).first() or FulfillmentRules(store=store)


def plain(text: str) -> str:
    """Return the words as they are compared: without case, with single blanks."""
    return " ".join(text.casefold().split())
