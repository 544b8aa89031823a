"""Encrypting what is stored anew, with the first of FERNET_KEYS: after that the former keys can go."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.apps import apps
from django.db import transaction
from django.db.models import Model

from stores.fields import EncryptedTextField, Unreadable


@dataclass
class Reencrypted:
    """How many secrets were encrypted anew, and those that no configured key opens, as `model key, field`."""

    count: int = 0
    unreadable: list[str] = field(default_factory=list)


def reencrypt() -> Reencrypted:
    """Encrypt every secret anew. Each row is locked while it is written; whoever ends this in the middle runs it again."""
    result = Reencrypted()
    for model, names in encrypted():
        for key in list(model._base_manager.order_by("pk").values_list("pk", flat=True)):
            reencrypt_row(model, key, names, result)
    return result


def encrypted() -> Iterator[tuple[type[Model], list[str]]]:
    """Yield each model that has secrets, with their names."""
    for model in apps.get_models():
        names = [each.attname for each in model._meta.local_fields if isinstance(each, EncryptedTextField)]
        if names:
            yield model, names


def reencrypt_row(model: type[Model], key: object, names: list[str], result: Reencrypted) -> None:
    """Encrypt the secrets of one row, if it is still there; what cannot be read stays as it is."""
    with transaction.atomic():
        row = model._base_manager.select_for_update().filter(pk=key).only(*names).first()
        secrets = {name: getattr(row, name) for name in names} if row else {}
        readable = {name: secret for name, secret in secrets.items() if not isinstance(secret, Unreadable)}
        model._base_manager.filter(pk=key).update(**readable)
    result.count += sum(map(bool, readable.values()))
    result.unreadable += [f"{model._meta.label} {key}, {name}" for name in secrets if name not in readable]
