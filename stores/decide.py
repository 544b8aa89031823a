"""What support decides about stores: pause, resume, new secrets. One way for pages, commands and the API."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError

from stores.models import Store

ROTATED = {"token": "API token", "signing_key": "signing key"}


def pause(store: Store, reason: str) -> bool:
    """Stop the clock for a store, and say why. Returns whether that is something new."""
    return bool(Store.objects.filter(pk=store.pk).exclude(paused_reason=reason).update(paused_reason=reason))


def resume(store: Store) -> bool:
    """Let the clock pull a paused store again. Returns False when it was not paused."""
    return bool(Store.objects.filter(pk=store.pk).exclude(paused_reason="").update(paused_reason=""))


def rotate(store: Store, secrets: Mapping[str, str]) -> list[str]:
    """Put new secrets (ROTATED) in the place of the former; an empty one keeps what is stored. Returns the names of the changed.

    Raises ValidationError when none is given.
    """
    given = {name: secrets[name].strip() for name in ROTATED if secrets.get(name, "").strip()}
    if not given:
        raise ValidationError("Enter the new token, the new signing key or both.")
    Store.objects.filter(pk=store.pk).update(**given)
    return [ROTATED[name] for name in given]
