"""The webhook addresses of a store: shown, issued and retired, each asked for by POST.

The address is the credential (Miva can neither log in nor sign), so it stands on this page alone, and only in the answer to a
POST. Unlike a password it can be shown again: support gives it to the merchant whenever Miva needs it.
"""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from stores.admin.lists import PortalAdmin
from stores.admin.words import when
from stores.audit import note
from stores.fields import SecretUnreadable
from stores.models import Store, WebhookSecret
from stores.webhooks import MOST_LIVE, issue, live, retire, webhook_url

CHANGED = "The addresses have changed since this page was opened. Below is how they are now."
UNREADABLE = "It is stored, but cannot be decrypted with the present FERNET_KEYS: issue another, or restore the former key."


@dataclass(frozen=True)
class Shown:
    """A live address as the page shows it; `url` is empty unless it was asked for."""

    row: WebhookSecret
    created: SafeString | str
    used: SafeString | str
    url: str = ""
    problem: str = ""


class WebhookPages(PortalAdmin):
    """The page with the addresses, and the question before one is retired."""

    @method_decorator(never_cache)
    @method_decorator(require_http_methods(["GET", "POST"]))
    def webhook_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what there is on GET; do what a button says on POST."""
        store = self.row_for(request, object_id, "webhook")
        response = (
            self.webhook_done(request, store)
            if request.method == "POST"
            else self.webhook_page(request, store)
        )
        response["Cache-Control"] = "no-store, private"
        return response

    def webhook_done(self, request: HttpRequest, store: Store) -> TemplateResponse:
        """Show, issue or retire. A form that was sent twice, or from a page of yesterday, does nothing and says so."""
        action = request.POST.get("action")
        if action == "show":
            note("webhook address shown", store)
            return self.webhook_page(request, store, reveal=True)
        if request.POST.get("seen") != seen(store):
            return self.webhook_page(request, store, problem=CHANGED)
        if action == "issue":
            return self.webhook_issued(request, store)
        if action == "retire":
            return self.webhook_retired(request, store)
        raise Http404("There is no such button.")

    def webhook_issued(self, request: HttpRequest, store: Store) -> TemplateResponse:
        """Issue an address and show it."""
        try:
            issue(store)
        except ValidationError as error:
            return self.webhook_page(request, store, problem=" ".join(error.messages))
        return self.webhook_page(request, store, reveal=True, done="A new address was issued.")

    def webhook_retired(self, request: HttpRequest, store: Store) -> TemplateResponse:
        """Retire the older of two addresses, once the person is sure."""
        rows = list(live(store).defer("secret"))
        if len(rows) < MOST_LIVE:
            problem = "The only address cannot be retired: issue another one first and enter it in Miva."
            return self.webhook_page(request, store, problem=problem)
        older = rows[0]
        if "sure" not in request.POST:
            context = self.frame(request, "Retire the older webhook address")
            context |= {"original": store, "store": store, "older": shown(older), "seen": seen(store)}
            return TemplateResponse(request, "admin/stores/store/webhook_retire.html", context)
        retire(older)
        return self.webhook_page(request, store, done="The older address answers 404 from now on.")

    @sensitive_variables("context")
    def webhook_page(
        self, request: HttpRequest, store: Store, *, reveal: bool = False, problem: str = "", done: str = ""
    ) -> TemplateResponse:
        """Return the page; the addresses themselves only with `reveal`."""
        context = self.frame(request, "Webhook address") | {"original": store, "store": store}
        context |= {"reveal": reveal, "problem": problem, "done": done, "seen": seen(store)}
        rows = live(store) if reveal else live(store).defer("secret")
        context["addresses"] = [shown(row, reveal=reveal) for row in rows]
        context["full"] = len(context["addresses"]) >= MOST_LIVE
        return TemplateResponse(
            request, "admin/stores/store/webhook.html", context, status=409 if problem else 200
        )


def seen(store: Store) -> str:
    """Return a mark of the live addresses, which changes with each that is issued or retired."""
    return "-".join(str(pk) for pk in live(store).values_list("pk", flat=True)) or "none"


@sensitive_variables("url")
def shown(row: WebhookSecret, *, reveal: bool = False) -> Shown:
    """Return an address for the page."""
    now = timezone.now()
    times = when(row.created_at, now), when(row.last_used_at, now)
    if not reveal:
        return Shown(row, *times)
    try:
        return Shown(row, *times, url=webhook_url(row))
    except SecretUnreadable:
        return Shown(row, *times, problem=UNREADABLE)
