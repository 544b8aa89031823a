"""Request ids, the proxy in front, and the promise that a desktop never sees an HTML page."""

import ipaddress
import re
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseForbidden

from stores.context import acting, address, request_id
from stores.seti import responses
from stores.viewing import viewing

GetResponse = Callable[[HttpRequest], HttpResponse]
MERCHANTS = re.compile(r"/status(/|$)")  # the merchant's own pages
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestIdMiddleware:
    """Gives every request an id (the caller's X-Request-ID when it is harmless), in the logs and in the answer."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request under its id."""
        given = request.headers.get("X-Request-ID", "")
        chosen = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        mark = request_id.set(chosen)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(mark)
        response["X-Request-ID"] = chosen
        return response


class ProxyMiddleware:
    """Takes the client's address from the one proxy in front, when BEHIND_PROXY is on.

    Only the last entry of X-Forwarded-For is used: it is the one our proxy wrote; all before it is the client's own claim.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set REMOTE_ADDR and go on."""
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
        if settings.BEHIND_PROXY and forwarded:
            request.META["REMOTE_ADDR"] = address_in(forwarded) or request.META.get("REMOTE_ADDR", "")
        return self.get_response(request)


def address_in(forwarded: str) -> str:
    """Return the address of the last entry, without the port that some proxies add; empty when it is none."""
    last = forwarded.split(",")[-1].strip()
    host = last.partition("]")[0].removeprefix("[") if last.startswith("[") else last
    host = host.partition(":")[0] if host.count(":") == 1 else host
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ""


PROGRAMS = ("/seti", "/hooks/", "/api/")


class HarmlessAddressMiddleware:
    """Refuses an address of a page with a NUL byte in it: nobody types one, and the database fails over it.

    The doors of programs answer in their own words, and a webhook is believed whatever stands behind its secret.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or refuse."""
        odd = "%00" in request.META.get("QUERY_STRING", "") or "\0" in request.path_info
        if not odd or request.path_info.startswith(PROGRAMS):
            return self.get_response(request)
        sentence = "This address has a sign in it that no text has (NUL). Open the page anew."
        return HttpResponseBadRequest(sentence, content_type="text/plain; charset=utf-8")


class ActorMiddleware:
    """Says who is behind a request of a logged-in person, for the audit trail; other doors name their callers themselves."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request in the name of its user. Without a session cookie no session is looked for."""
        mark = address.set(request.META.get("REMOTE_ADDR", ""))
        try:
            if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
                return self.get_response(request)
            with acting("user", request.user.get_username()):
                return self.get_response(request)
        finally:
            address.reset(mark)


class ViewingMiddleware:
    """Keeps who views as a merchant from changing anything on the merchant's pages."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or refuse."""
        harmless = request.method in ("GET", "HEAD", "OPTIONS") or not MERCHANTS.match(request.path_info)
        if harmless or viewing(request) is None:
            return self.get_response(request)
        sentence = "You see these pages as the merchant does, and cannot change anything on them. Nothing was changed."
        return HttpResponseForbidden(sentence, content_type="text/plain; charset=utf-8")


class ProtocolErrorMiddleware:
    """Turns whatever Django itself would answer on /seti/ (400, 404, 500 pages) into the protocol's own error at HTTP 200.

    Source: SETI reference §1.5 and §5.8 (an HTML error page spoils the reply for the desktop).
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; on /seti/ never with anything but 200."""
        response = self.get_response(request)
        if request.path_info.rstrip("/") != "/seti" or response.status_code == 200:
            return response
        reasons = {
            400: "The request was not understood. Check the script URL's host name.",
            404: "There is nothing at this address. Check the script URL.",
        }
        message = reasons.get(
            response.status_code, "The portal could not handle the request. Try again later."
        )
        return HttpResponse(responses.text_error(message), content_type="text/plain; charset=utf-8")
