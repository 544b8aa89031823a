"""New API credentials in the place of former ones. One way for pages, commands and the API."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from stores.audit import note
from stores.models import Store

ROTATED = {"token": "API token", "signing_key": "signing key"}


def rotate(store: Store, secrets: Mapping[str, str]) -> list[str]:
    """Put new secrets (ROTATED) in the place of the former; an empty one keeps what is stored. Returns the names of the changed.

    Raises ValidationError when none is given.
    """
    given = {name: secrets[name].strip() for name in ROTATED if secrets.get(name, "").strip()}
    if not given:
        raise ValidationError("Enter the new token, the new signing key or both.")
    with transaction.atomic():
        age = {"token_set_at": timezone.now()} if "token" in given else {}
        Store.objects.filter(pk=store.pk).update(**given, **age)
        note("rotate secrets", store, before=dict.fromkeys(given, True), after=given)
    return [ROTATED[name] for name in given]
