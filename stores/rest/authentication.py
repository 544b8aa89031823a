"""Who calls the REST API, what he may do, and how often."""

import logging
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from redis.exceptions import RedisError
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from stores import throttle
from stores.access import LoginRefused, bearer, used
from stores.models import ApiToken

log = logging.getLogger(__name__)

WINDOW = 60  # seconds
MISSING = "The header `Authorization: Bearer` with an API token is missing."


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer c2c_…` (RFC 6750 §2.1)."""

    def authenticate(self, request: Request) -> tuple[Any, Any]:
        """Return the token, as user and as credentials. Raises AuthenticationFailed or NotAuthenticated."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise NotAuthenticated(MISSING)
        try:
            token = bearer(secret.strip(), request.META.get("REMOTE_ADDR", ""))
        except LoginRefused as error:
            raise AuthenticationFailed(str(error)) from error
        used(token)
        return token, token

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 asks for."""
        return "Bearer"


def token_of(request: Request) -> ApiToken:
    """Return the token that the request came with."""
    token = request.auth
    if not isinstance(token, ApiToken):
        raise NotAuthenticated(MISSING)
    return token


class HasScope(BasePermission):
    """The token needs the scope that the view names for what is asked."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether it has. Raises PermissionDenied naming the scope; an unknown method is answered as such."""
        needed = view.scope_needed()  # type: ignore[attr-defined]
        token = token_of(request)
        if needed is not None and needed not in token.scopes:
            raise PermissionDenied(f"This needs the scope {needed}; the token has {', '.join(token.scopes)}.")
        return True


@dataclass(frozen=True)
class Rate:
    """How many requests a token has in the present minute, how many are left, and in how many seconds it ends."""

    limit: int
    remaining: int
    reset: int


class TokenThrottle(BaseThrottle):
    """So many requests in a minute for each token. Without the cache nothing is counted, as at the other doors."""

    rate: Rate | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count one more request and return whether it is allowed; the rate is told in the answer's headers."""
        now = int(time.time())
        limit = settings.API_REQUESTS_PER_MINUTE
        try:
            asked = throttle.count(f"token-rate:{token_of(request).pk}:{now // WINDOW}", WINDOW)
        except (RedisError, OSError):
            log.warning("requests of the REST API are not throttled: the cache cannot be reached")
            return True
        self.rate = Rate(limit, max(limit - asked, 0), WINDOW - now % WINDOW)
        view.rate = self.rate  # type: ignore[attr-defined]
        return asked <= limit

    def wait(self) -> float | None:
        """Return the seconds until more are allowed."""
        return self.rate.reset if self.rate else None
