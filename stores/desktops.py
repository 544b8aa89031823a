"""Finding a Stone Edge login: with its store and merchant, for every one of the desktop's requests."""

import functools

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model

from stores.fields import EncryptedTextField
from stores.models import Desktop, Merchant, Store
from stores.statements import Statement


def columns(model: type[Model]) -> tuple[str, ...]:
    """Return what is read of a model: no secrets, for a desktop never needs them, and each one is decrypted with its row."""
    fields = model._meta.concrete_fields
    return tuple(field.attname for field in fields if not isinstance(field, EncryptedTextField))


OF_DESKTOP, OF_STORE, OF_MERCHANT = columns(Desktop), columns(Store), columns(Merchant)
TO_STORE, TO_MERCHANT = len(OF_DESKTOP), len(OF_DESKTOP) + len(OF_STORE)


def desktop_called(username: str) -> Desktop | None:
    """Return the login of this user name, its store and merchant with it; None when there is none."""
    for row in _by_username().rows(username):
        desktop = Desktop.from_db(DEFAULT_DB_ALIAS, OF_DESKTOP, row[:TO_STORE])
        desktop.store = Store.from_db(DEFAULT_DB_ALIAS, OF_STORE, row[TO_STORE:TO_MERCHANT])
        desktop.store.merchant = Merchant.from_db(DEFAULT_DB_ALIAS, OF_MERCHANT, row[TO_MERCHANT:])
        return desktop
    return None


@functools.cache
def _by_username() -> Statement:
    of_store = (f"store__{name}" for name in OF_STORE)
    of_merchant = (f"store__merchant__{name}" for name in OF_MERCHANT)
    logins = Desktop.objects.filter(username="").order_by()
    return Statement(logins.values_list(*OF_DESKTOP, *of_store, *of_merchant))
