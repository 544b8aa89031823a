"""Who is calling: a Stone Edge login becomes a Desktop, the bearer of an API token its ApiToken; a merchant's person or who
views as a merchant sees his stores.

Failed logins are throttled per user name (of tokens: their beginning) and address.
"""

import hashlib
import hmac
import secrets
import string

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import slugify

from stores.audit import note
from stores.desktops import desktop_called
from stores.fields import EncryptedTextField
from stores.models import ApiToken, Desktop, Membership, Merchant, Store
from stores.throttle import (
    ATTEMPTS_PER_ADDRESS,
    ATTEMPTS_PER_LOGIN,
    TOO_MANY,
    count_failure,
    keys,
    reached,
)
from stores.tokens import digest_of, prefix_of
from stores.viewing import viewing

ALPHABET = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI")))
PASSWORD_LENGTH = 20
# Desktops never need them, and each one is decrypted when its row is read.
STORE_SECRETS = tuple(
    field.name for field in Store._meta.concrete_fields if isinstance(field, EncryptedTextField)
)


class LoginRefused(Exception):
    """The login is not accepted; `args[0]` is the sentence for the desktop.

    `desktop` is the login that the user name belongs to, if there is one; `throttled` says that it was not even counted.
    """

    def __init__(self, sentence: str, desktop: Desktop | None = None, *, throttled: bool = False) -> None:
        """Keep what the journal needs."""
        super().__init__(sentence)
        self.desktop = desktop
        self.throttled = throttled


TOO_MANY_TOKENS = "Too many requests with tokens that are not known. Wait 15 minutes."
REFUSED = "Invalid user name, password or store code."


def hashed(password: str, salt: str | None = None) -> str:
    """Return `sha256$salt$digest`.

    A single SHA-256 is enough and fast: passwords are made here with more than 110 bits of chance, never chosen by people, and a
    desktop sends its password with every request, so a slow hash would cost more than the work itself.
    """
    salt = salt or secrets.token_hex(16)
    return f"sha256${salt}${hashlib.sha256(f'{salt}{password}'.encode()).hexdigest()}"


def matches(password: str, stored: str) -> bool:
    """Whether the password has this hash, in constant time."""
    _, _, rest = stored.partition("$")
    salt, _, _ = rest.partition("$")
    return hmac.compare_digest(hashed(password, salt or "none").encode(), stored.encode())


def issue_password(desktop: Desktop) -> str:
    """Give the desktop a new password, store its hash, and return the password: the only time that it can be seen."""
    password = "".join(secrets.choice(ALPHABET) for _ in range(PASSWORD_LENGTH))
    desktop.password_hash = hashed(password)
    with transaction.atomic():
        desktop.save(update_fields=["password_hash"] if desktop.pk else None)
        note("new desktop password", desktop)
    return password


def issue_desktop(store: Store) -> tuple[Desktop, str]:
    """Create a login for the store and return it with its password, which is shown this once."""
    stem = slugify(store.slug)[:40]
    name, counter = stem, 1
    while Desktop.objects.filter(username=name).exists():
        counter += 1
        name = f"{stem}-{counter}"
    desktop = Desktop(store=store, username=name, store_code=store.store_code)
    return desktop, issue_password(desktop)


def log_in(username: str, password: str, code: str, address: str) -> Desktop:
    """Return the desktop with these credentials. Raises LoginRefused with a sentence for the person at the desktop.

    Failures are counted per user name and address together, and per address: so nobody can lock out a desktop from somewhere
    else, nor by trying other names beside it. Passwords cannot be guessed anyway; the limits keep the noise down.
    """
    username, password, code = (
        text.encode(errors="replace").decode().replace("\0", "") for text in (username, password, code)
    )
    pair, anybody = keys("login", username, address)
    desktop = desktop_called(username)
    known = matches(password, desktop.password_hash if desktop else hashed("nobody", "nobody"))
    if reached(pair, ATTEMPTS_PER_LOGIN):
        raise LoginRefused(TOO_MANY, desktop, throttled=True)
    if desktop is None or not known or not _code_fits(desktop, code):
        if reached(anybody, ATTEMPTS_PER_ADDRESS):
            raise LoginRefused(TOO_MANY, desktop, throttled=True)
        count_failure((pair, anybody))
        raise LoginRefused(REFUSED, desktop)
    if not (desktop.active and desktop.store.active and desktop.store.merchant.active):
        raise LoginRefused("This login is switched off. Ask support to switch it on again.", desktop)
    return desktop


def saw(desktop: Desktop, version: str) -> None:
    """Note when the desktop last called and with which version, at most once a minute."""
    now = timezone.now()
    version = version[:30]
    if (
        desktop.last_seen_at
        and (now - desktop.last_seen_at).total_seconds() < 60
        and desktop.client_version == version
    ):
        return
    Desktop.objects.filter(pk=desktop.pk).update(last_seen_at=now, client_version=version)


def bearer(secret: str, address: str) -> ApiToken:
    """Return the token of the REST API that this is. Raises LoginRefused with a sentence for who calls."""
    pair, anybody = keys("token", prefix_of(secret), address)
    token = ApiToken.objects.select_related("merchant", "store").filter(prefix=prefix_of(secret)).first()
    known = hmac.compare_digest(digest_of(secret), token.digest if token else digest_of("nobody"))
    if reached(pair, ATTEMPTS_PER_LOGIN) or (not known and reached(anybody, ATTEMPTS_PER_ADDRESS)):
        raise LoginRefused(TOO_MANY_TOKENS, throttled=True)
    if token is None or not known:
        count_failure((pair, anybody))
        raise LoginRefused("This API token is not known. Check that it was copied whole.")
    if not token.live:
        raise LoginRefused("This API token has ended or was revoked. Ask support for a new one.")
    if not token.merchant.active:
        raise LoginRefused("This merchant is switched off. Ask support to switch it on again.")
    return token


def used(token: ApiToken) -> None:
    """Note when the token was last used, at most once a minute."""
    now = timezone.now()
    if token.last_used_at is None or (now - token.last_used_at).total_seconds() >= 60:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def stores_of_token(token: ApiToken) -> QuerySet[Store]:
    """Return the stores that the bearer of the token may know of, without their secrets: the one place that decides this."""
    own = Q(pk=token.store_id) if token.store_id else Q()
    return Store.objects.filter(own, merchant=token.merchant_id, active=True).defer(*STORE_SECRETS)


def merchants_of(request: HttpRequest) -> QuerySet[Merchant]:
    """Return the merchants whose status pages this request may see: the one place that decides it.

    A member sees the merchants that he belongs to; staff the one that is viewed just now, none otherwise, whatever memberships
    it may have; nobody else sees any.
    """
    user = request.user
    if not user.is_authenticated:
        return Merchant.objects.none()
    if user.is_staff or user.is_superuser:
        seen = viewing(request)
        return Merchant.objects.filter(pk=seen.merchant.pk) if seen else Merchant.objects.none()
    return Merchant.objects.filter(pk__in=Membership.objects.filter(user=user).values("merchant"))


def owned_merchants_of(request: HttpRequest) -> QuerySet[Merchant]:
    """Return those of them for whom this person may also do something: his role with them is owner."""
    user = request.user
    if not user.is_authenticated or user.is_staff or user.is_superuser:
        return Merchant.objects.none()
    owner = Membership.objects.filter(user=user, role=Membership.Role.OWNER)
    return Merchant.objects.filter(pk__in=owner.values("merchant"))


def stores_of(request: HttpRequest) -> QuerySet[Store]:
    """Return the stores whose status pages this request may see, with their merchants and without secrets."""
    rows = Store.objects.select_related("merchant").defer(*STORE_SECRETS)
    return rows.filter(merchant__in=merchants_of(request))


def owned_of(request: HttpRequest) -> QuerySet[Store]:
    """Return those of them for which this person may also do something."""
    return stores_of(request).filter(merchant__in=owned_merchants_of(request))


def _code_fits(desktop: Desktop, code: str) -> bool:
    """An empty code on either side fits: many desktops leave the field blank (SETI reference §1.2)."""
    return (
        not desktop.store_code
        or not code
        or hmac.compare_digest(code.lower().encode(), desktop.store_code.lower().encode())
    )
