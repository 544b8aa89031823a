"""Issuing a Stone Edge password: asked for by POST, shown once in the answer itself, kept nowhere in clear.

The page is neither a redirect (that would need the session) nor a message (that is a cookie or the session). Sending the form a
second time, by reload or double click, issues nothing: the form carries a stamp of the logins as they were when it was shown.
"""

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from stores.access import issue_desktop, issue_password
from stores.admin.filters import whole
from stores.admin.lists import PortalAdmin
from stores.models import Desktop, Store
from stores.sheet import sheet

NEW = "new"
STALE = (
    "A password was issued since this page was opened, and it is shown only once. "
    "If it was not written down, issue another one: the former stops working at once."
)


def stamp(store: Store) -> str:
    """Return a mark of the store's logins that changes with every password that is issued."""
    logins = store.desktops.order_by("pk").values_list("pk", "password_hash")
    return salted_hmac(
        "stores.admin.passwords", repr((store.pk, list(logins))), algorithm="sha256"
    ).hexdigest()


@sensitive_variables("password")
def issue(store_id: int, chosen: str, mark: str) -> tuple[Desktop, str] | None:
    """Give a login of the store a new password, or make a login. None when the mark is not of this moment.

    `chosen` is the login's primary key or NEW. Raises Http404 for a login that is not the store's.
    """
    with transaction.atomic():
        store = Store.objects.select_for_update().get(pk=store_id)
        if not constant_time_compare(mark, stamp(store)):
            return None
        if chosen == NEW:
            return issue_desktop(store)
        desktop = store.desktops.filter(pk=whole(chosen)).first()
        if desktop is None:
            raise Http404("This store has no such login.")
        return desktop, issue_password(desktop)


class PasswordPages(PortalAdmin):
    """The two pages: the question, and the answer with the password."""

    @method_decorator(never_cache)
    @method_decorator(require_http_methods(["GET", "POST"]))
    def password_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask on GET, issue on POST."""
        store = self.row_for(request, object_id, "password")
        response = (
            self.issued_page(request, store)
            if request.method == "POST"
            else self.question_page(request, store)
        )
        response["Cache-Control"] = "no-store, private"
        return response

    def question_page(self, request: HttpRequest, store: Store, problem: str = "") -> TemplateResponse:
        """Return the page that asks for which login."""
        desktops = list(store.desktops.defer("password_hash").order_by("-active", "username"))
        context = self.frame(request, "Issue new Stone Edge password") | {"original": store, "store": store}
        context |= {"desktops": desktops, "stamp": stamp(store), "problem": problem, "new": NEW}
        return TemplateResponse(
            request, "admin/stores/store/password.html", context, status=409 if problem else 200
        )

    @sensitive_variables("issued", "password", "context")
    def issued_page(self, request: HttpRequest, store: Store) -> TemplateResponse:
        """Issue and return the page that shows the password."""
        issued = issue(store.pk, request.POST.get("desktop", NEW), request.POST.get("stamp", ""))
        if issued is None:
            return self.question_page(request, store, STALE)
        desktop, password = issued
        context = self.frame(request, "New Stone Edge password") | {"original": store, "store": store}
        context |= {"desktop": desktop, "password": password, "sheet": sheet(store, desktop, password)}
        context["insecure"] = not settings.PUBLIC_URL.startswith("https://")
        return TemplateResponse(request, "admin/stores/store/password_issued.html", context)
