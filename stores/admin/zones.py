"""Times as the viewer's clock shows them."""

import zoneinfo
from urllib.parse import unquote

from django.http import HttpRequest

COOKIE = "zone"  # written by stores/zone.js
KNOWN = zoneinfo.available_timezones()


def viewer_zone(request: HttpRequest, fallback: zoneinfo.ZoneInfo) -> zoneinfo.ZoneInfo:
    """Return the zone of the viewer's browser; the fallback until it has told one that exists."""
    name = unquote(request.COOKIES.get(COOKIE, ""))
    return zoneinfo.ZoneInfo(name) if name in KNOWN else fallback
