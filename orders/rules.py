"""A store's settings as the plain rules that the translation takes."""

from collections.abc import Iterable

from orders.models import CustomFieldMapping, TranslationSettings
from orders.models.translation import RULES
from orders.payment_mappings import payment_methods
from orders.translate import Rules
from stores.models import Store


def rules_for(store: Store) -> Rules:
    """Return the rules for translating this store's orders, with a constant number of queries."""
    return rules_of(store, settings_of(store), CustomFieldMapping.objects.of(store))


def settings_of(store: Store) -> TranslationSettings:
    """Return the store's settings, unsaved defaults when it has none."""
    return TranslationSettings.objects.of(store).first() or TranslationSettings(store=store)


def rules_of(store: Store, settings: TranslationSettings, mappings: Iterable[CustomFieldMapping]) -> Rules:
    """Return the rules that these settings make, saved or not. Raises ValueError when one makes no sense."""
    return Rules(
        identifier=store.identifier,
        kits=store.kits,
        time_zone=store.zone,
        custom_field_rules=tuple(mapping.rule for mapping in mappings),
        payment_methods=payment_methods(store),
        **{name: getattr(settings, name) for name in RULES},
    )
