"""What every status page has: the viewer's language and time zone, a strict content security policy, nothing kept by caches."""

import zoneinfo
from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.response import SimpleTemplateResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.decorators import decorator_from_middleware
from django.views.decorators.gzip import gzip_page

from stores.admin.zones import COOKIE, KNOWN, viewer_zone
from stores.viewing import viewing

View = Callable[..., HttpResponseBase]
strict = decorator_from_middleware(
    CSPMiddleware
)  # of these pages only: the admin's theme needs more than it allows
VARY = ("Accept-Language", "Cookie", "HX-Request")


def for_viewer(view: View) -> View:
    """Answer in the viewer's language, under the policy of settings.CONTENT_SECURITY_POLICY, and have nobody keep the answer."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store, private")
        patch_vary_headers(response, VARY)
        return response

    return gzip_page(strict(in_viewers_language(shown)))


def in_viewers_language(view: View) -> View:
    """Answer in the language that the viewer has chosen or his browser asks for; staff, whose console is English, in English."""

    @wraps(view)
    def spoken(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        ours = getattr(request.user, "is_staff", False) and not request.path_info.startswith("/status/")
        language = settings.LANGUAGE_CODE if ours else translation.get_language_from_request(request)
        with translation.override(language):
            response = view(request, *args, **kwargs)
            if isinstance(response, SimpleTemplateResponse):
                response.render()
        response.headers.setdefault("Content-Language", language)
        return response

    return spoken


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    zone: zoneinfo.ZoneInfo | None = None,
    status: int = 200,
) -> HttpResponse:
    """Return the page with its times in the viewer's zone; in `zone` while his browser has not told any."""
    chosen = viewer_zone(request, zone or zoneinfo.ZoneInfo("UTC"))
    whole = {
        "zone": chosen.key,
        "zone_is_viewers": request.COOKIES.get(COOKIE, "").replace("%2F", "/") in KNOWN,
        "viewing": viewing(request) if request.user.is_authenticated else None,
    }
    with timezone.override(chosen):
        return render(request, f"status/{template}.html", whole | context, status=status)


def polled(request: HttpRequest) -> bool:
    """Whether only the part of a page is asked for that changes."""
    return request.headers.get("HX-Request") == "true"
