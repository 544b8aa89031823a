"""/seti/: the one address that a Stone Edge desktop calls. Authentication, dispatch, journal, and the protocol's error shape.

Whatever happens, the answer has HTTP status 200 and the protocol's form (SETI reference §1.1, §1.5): text functions answer
`SETIError: message`, XML functions their root element with ResponseCode 3.
"""

import hashlib
import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import HttpRequest
from django.http.request import UnreadablePostError
from redis.exceptions import RedisError
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed, MethodNotAllowed, Throttled
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from config.logs import without_secrets
from fulfillment import seti as fulfillment
from inventory import seti as inventory
from inventory import stock_seti as stock
from orders import seti as orders
from stores.access import LoginRefused, log_in, saw
from stores.context import acting, request_id
from stores.models import Desktop, Exchange
from stores.seti import responses
from stores.seti.errors import SetiError
from stores.seti.requests import SetiRequest, parse
from stores.throttle import count
from stores.values import insert_from

log = logging.getLogger(__name__)

Handler = Callable[[Desktop, SetiRequest], bytes]

FUNCTIONS: dict[str, Handler] = {
    "ordercount": orders.ordercount,
    "downloadorders": orders.downloadorders,
    "getproductscount": inventory.getproductscount,
    "downloadprods": inventory.downloadprods,
    "downloadqoh": inventory.downloadqoh,
    "getcustomerscount": inventory.getcustomerscount,
    "downloadcustomers": inventory.downloadcustomers,
    "qohreplace": stock.qohreplace,
    "invupdate": stock.invupdate,
    "updatestockstatus": stock.updatestockstatus,
    "updatestatus": fulfillment.updatestatus,
}
ROOTS = {
    "downloadorders": "SETIOrders",
    "downloadprods": "SETIProducts",
    "downloadqoh": "SETIProducts",
    "downloadcustomers": "SETICustomers",
}
JOURNAL_LIMIT = 8_000  # characters of an answer that the journal keeps


def read(request: HttpRequest) -> SetiRequest:
    """Return the parsed request, read once. Raises SetiError in words for the desktop."""
    known: SetiRequest | None = getattr(request, "seti", None)
    if known is None:
        try:
            body = request.body
        except RequestDataTooBig:
            raise SetiError("The request is larger than 10 MB. Send fewer records at once.") from None
        except UnreadablePostError:
            raise SetiError("The request broke off before it was complete. Send it again.") from None
        known = parse(body, request.headers.get("Content-Type", ""), request.META.get("QUERY_STRING", ""))
        request.seti = known  # type: ignore[attr-defined]
    return known


class SetiAuthentication(BaseAuthentication):
    """User name, password and store code travel in every request (SETI reference §1.3); `sendversion` needs none."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return the desktop. Raises AuthenticationFailed with the sentence for the desktop."""
        seti = read(request._request)
        if seti.function == "sendversion" or not (seti.user or seti.password):
            return None
        try:
            desktop = log_in(seti.user, seti.password, seti.code, request.META.get("REMOTE_ADDR", ""))
        except LoginRefused as error:
            raise AuthenticationFailed(str(error)) from error
        saw(desktop, seti.get("omversion"))
        return desktop, None


def desktop_of(request: Request) -> Desktop | None:
    """Return the desktop that has logged in; the framework keeps it under the name of a user."""
    user: object = request.user
    return user if isinstance(user, Desktop) else None


class MayCall(BasePermission):
    """Every known function but `sendversion` needs a login."""

    message = "User name and password are missing. Enter them on Stone Edge's shopping cart screen."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the caller may go on; an unknown function is answered as such, also without a login."""
        function = read(request._request).function
        return desktop_of(request) is not None or function not in FUNCTIONS


class SetiThrottle(SimpleRateThrottle):
    """Limits the requests of one user name from one address, before the login: a program gone wild harms nobody else.

    Per second, not per minute: Stone Edge receives thousands of SKUs by one request each. Each second of the clock is
    counted by itself, in one round trip.
    """

    scope = "seti"
    num_requests: int
    duration: int  # seconds
    passed: float  # of the second that is counted

    def get_cache_key(self, request: Request, view: APIView) -> str:
        """Return whom to count."""
        name = hashlib.sha256(read(request._request).user.encode(errors="replace")).hexdigest()[:24]
        return f"seti-rate:{name}:{self.get_ident(request)}"

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return whether one more is allowed. Without the cache everything is: importing matters more than the throttle."""
        second, self.passed = divmod(self.timer(), self.duration)
        try:
            asked = count(f"{self.get_cache_key(request, view)}:{second:.0f}", self.duration)
            return asked <= self.num_requests
        except RedisError:
            log.warning("requests are not throttled: the cache cannot be reached")
            return True

    def wait(self) -> float:
        """Return the seconds until the count begins anew."""
        return self.duration - self.passed


class SetiRenderer(BaseRenderer):
    """Hands over the bytes that a handler made; text and XML alike."""

    media_type = "text/plain"
    format = "seti"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        """Return the bytes as they are."""
        return bytes(data)


class SetiNegotiation(BaseContentNegotiation):
    """The desktop's Accept header decides nothing."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Return none: the view reads the body itself."""
        return None

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Return the only renderer."""
        return renderers[0], renderers[0].media_type


class SetiView(APIView):
    """All SETI functions, by the form parameter `setifunction`."""

    authentication_classes = (SetiAuthentication,)
    permission_classes = (MayCall,)
    throttle_classes = (SetiThrottle,)
    renderer_classes = (SetiRenderer,)
    content_negotiation_class = SetiNegotiation
    http_method_names = ("get", "post", "head")
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Prepare the answer, throttle, log in: in this order, so that failed logins are throttled, too."""
        self.format_kwarg = None
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        self.check_throttles(request)
        self.perform_authentication(request)
        self.check_permissions(request)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answer and write the conversation into the journal."""
        self.began = time.perf_counter()
        self.fault = ""
        self.quiet = False
        self.desktop: Desktop | None = None
        response = super().dispatch(request, *args, **kwargs)
        self.journal(bytes(response.data) if isinstance(response, Response) else b"")
        return response

    def perform_authentication(self, request: Request) -> None:
        """Log in, and remember the desktop for the journal."""
        super().perform_authentication(request)
        self.desktop = desktop_of(request)

    def post(self, request: Request) -> Response:
        """Answer one function."""
        return answer(self.reply(read(request._request)))

    get = post  # not known to be sent by the desktop, but every cart script accepts it (SETI reference §1.1)

    def reply(self, seti: SetiRequest) -> bytes:
        """Return the bytes of the answer. Raises SetiError for a function that is not there."""
        if seti.function == "sendversion":
            return responses.version_reply(settings.SETI_VERSION)
        handler = FUNCTIONS.get(seti.function)
        if handler is not None and self.desktop is not None:
            with acting("desktop", self.desktop.username):
                return handler(self.desktop, seti)
        if not seti.function:
            raise SetiError("The parameter setifunction is missing. Check that the script URL is complete.")
        raise SetiError(f"The function {seti.function[:40]} is unknown.")

    def handle_exception(self, exc: Exception) -> Response:
        """Return the protocol's error for whatever went wrong; what is no fault of the caller's is logged with its trace."""
        function = self.function()
        if isinstance(exc, SetiError):
            self.fault = exc.message
        elif isinstance(exc, APIException):
            self.fault = sentence(exc)
            self.look_at(exc)
        else:
            log.exception("SETI function %s failed", function)
            self.fault = "The portal could not handle the request. Try again later."
        if isinstance(exc, (SetiError, APIException)):
            log.warning("SETI function %s answered: %s", function or "(none)", self.fault)
        root = ROOTS.get(function)
        return answer(responses.render_error(root, self.fault) if root else responses.text_error(self.fault))

    def look_at(self, refusal: APIException) -> None:
        """Find out whose conversation a refusal belongs to, and whether it was throttled: then it is not journalled."""
        cause = refusal.__cause__
        self.quiet = isinstance(refusal, Throttled)
        if isinstance(cause, LoginRefused):
            self.quiet, self.desktop = cause.throttled, cause.desktop

    def function(self) -> str:
        """Return the function's name, or nothing when the request cannot be read."""
        try:
            return read(self.request._request).function
        except SetiError:
            return ""

    def journal(self, data: bytes) -> None:
        """Write the conversation into the journal; a journal that fails never fails the answer.

        Throttled requests are not written down: a stranger could fill the journal with them.
        """
        if self.quiet:
            return
        notes: tuple[str, ...] = ()
        try:
            seti = read(self.request._request)
            redacted, notes = without_secrets(seti.redacted()), seti.notes
        except SetiError as error:
            redacted = f"({error.message})"
        desktop = self.desktop
        try:
            exchange = Exchange(
                store=desktop.store if desktop else None,
                desktop=desktop,
                direction=Exchange.Direction.DESKTOP,
                function=without_secrets(self.function())[:80] or "(none)",
                milliseconds=int((time.perf_counter() - self.began) * 1000),
                outcome=Exchange.Outcome.REFUSED if self.fault else Exchange.Outcome.OK,
                http_status=200,
                address=self.request.META.get("REMOTE_ADDR") or None,
                request_id=request_id.get(),
            )
            said = redacted[:JOURNAL_LIMIT], without_secrets(data[:JOURNAL_LIMIT].decode(errors="replace"))
            fault = without_secrets(" ".join((self.fault, *notes)).strip())
            # With each request: Django would take as long to write the statement as the database to run it.
            insert_from(exchange, ["request", "response", "error"], [(*said, fault)])
        except (DatabaseError, ValueError):
            log.exception("the journal could not be written")


def answer(data: bytes) -> Response:
    """Return the reply with the content type that the vendor's own script uses (SETI reference §1.4)."""
    kind = "text/xml" if data.startswith(b"<") else "text/plain"
    return Response(data, content_type=f"{kind}; charset=utf-8")


def sentence(error: APIException) -> str:
    """Return what the desktop is told for one of the framework's refusals."""
    if isinstance(error, Throttled):
        return f"Too many requests. Wait {int(getattr(error, 'wait', None) or 60)} seconds."
    if isinstance(error, MethodNotAllowed):
        return "Send the request by POST."
    return str(error.detail)
