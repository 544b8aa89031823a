"""A store's settings as the plain rules that the translation takes."""

from orders.payment_mappings import payment_methods
from orders.translate import Rules
from stores.models import Store


def rules_for(store: Store) -> Rules:
    """Return the rules for translating this store's orders."""
    return Rules(
        identifier=store.identifier,
        kits=store.kits,
        time_zone=store.zone,
        payment_methods=payment_methods(store),
    )
