"""Connecting a merchant's store: rows, check, Stone Edge credentials."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from stores.access import issue_desktop
from stores.audit import note
from stores.check import check_store
from stores.miva.provision import Check
from stores.models import Desktop, Merchant, PullCursor, Store, WebhookSecret
from stores.models.tenants import RESERVED_SLUGS
from stores.webhooks import issue, webhook_url


@dataclass
class Connected:
    """A connected store with what the merchant enters in Stone Edge. The password cannot be seen again."""

    store: Store
    desktop: Desktop
    password: str
    webhook: WebhookSecret
    checks: Sequence[Check] = field(default_factory=list)

    @property
    def script_url(self) -> str:
        """The address for Stone Edge's field Script URL."""
        return script_url()

    @property
    def webhook_url(self) -> str:
        """The address for a Miva webhook (Order Workflows, action Webhook)."""
        return webhook_url(self.webhook)


def script_url() -> str:
    """Return the portal's address for desktops."""
    return f"{settings.PUBLIC_URL}/seti/"


def connect(*, merchant: str, check: bool = True, **fields: Any) -> Connected:
    """Create merchant (unless known by name) and store, issue a login, then ask Miva whether everything is granted.

    Raises ValidationError naming the field when a value cannot be; nothing is created then. Checks that fail do not undo the
    store: support mends the cause and checks again.
    """
    Store(**fields).clean()  # looks up the endpoint's name, which may take a while: not in the transaction
    with transaction.atomic():
        store = enter(merchant=merchant, **fields)
        desktop, password = issue_desktop(store)
        webhook = issue(store)
    return Connected(store, desktop, password, webhook, check_store(store) if check else [])


def enter(*, merchant: str, **fields: Any) -> Store:
    """Create merchant (unless known by name) and store, in the caller's transaction. Raises ValidationError naming the field.

    The caller has called `Store.clean`, which looks up the endpoint's name, before.
    """
    tenant = merchant_named(merchant)
    store = Store(
        merchant=tenant, slug=free_slug(Store, fields["name"]), token_set_at=timezone.now(), **fields
    )
    store.clean_fields(exclude=["merchant"])
    store.validate_unique()
    store.validate_constraints()
    store.save()
    PullCursor.objects.create(store=store)
    note("store connected", store, after={name: getattr(store, name) for name in fields})
    return store


def merchant_named(name: str) -> Merchant:
    """Return the merchant with this name (in any case), created when it is new."""
    name = " ".join(name.split())
    known = Merchant.objects.filter(name__iexact=name).first()
    if known is not None:
        return known
    merchant = Merchant(name=name, slug=free_slug(Merchant, name))
    merchant.full_clean()
    merchant.save()
    return merchant


def free_slug(model: type[Merchant] | type[Store], name: str) -> str:
    """Return a slug for the name that no row has yet."""
    stem = slugify(name)[:50]
    if not stem:
        raise ValidationError(
            {"name": f"'{name}' has no letters or digits. Give a name that can be read in an address."}
        )
    slug, counter = stem, 1
    while slug in RESERVED_SLUGS or model._default_manager.filter(slug=slug).exists():
        counter += 1
        slug = f"{stem}-{counter}"
    return slug
