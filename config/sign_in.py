"""Logging in: name and password, then the code; setting up the second factor; the list of one's own sessions.

For the support team and for merchants' people alike: nothing here is about the admin but its login form.
"""

from collections.abc import Callable
from typing import Any

import segno
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST
from django_otp import login as verified_by

from config.status.viewer import in_viewers_language
from stores import second_factor, sign_ins, throttle, viewing
from stores.admin.filters import whole
from stores.audit import note
from stores.context import acting

GetResponse = Callable[[HttpRequest], HttpResponse]
# What somebody may open who has given only his password: to give the code, to leave, and what pages are made of.
OPEN = (
    *("/admin/login/", "/admin/logout/", "/admin/jsi18n/", "/second-factor/", "/static/", "/health/"),
    "/alerts/",  # the links in mails say by themselves who it is
    *("/status/sign-in/", "/status/sign-out/", "/status/password/", "/status/platform/", "/status/shared/"),
)
UNKNOWN = "an unknown name"
WRONG = gettext_lazy(
    "This code is not right. Enter the six digits that the app shows now, each code only once, or a recovery code. "
    "After a wrong one wait some seconds."
)
MADE_BEFORE = gettext_lazy(
    "New recovery codes were made since this page was opened, and they are shown only once. If they were not written down, make "
    "new ones: the former stop working at once."
)


class SecondFactorMiddleware:
    """Lets nobody further who has a second factor and has not shown it, or must have one and has none."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or lead to the code or to the set-up; a person's session is noted."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return self.get_response(request)
        sign_ins.saw(request)
        page = "" if request.path_info.startswith(OPEN) else missing(request)
        if not page:
            return self.get_response(request)
        return HttpResponseRedirect(f"{reverse(page)}?{urlencode({'next': request.get_full_path()})}")


def missing(request: HttpRequest) -> str:
    """Return the name of the page that the person has to pass first; empty when there is none."""
    if getattr(request.user, "otp_device", None) is not None:
        return ""
    if second_factor.has_one(request.user):
        return "second-factor"
    required = settings.REQUIRE_SECOND_FACTOR and getattr(request.user, "is_staff", False)
    return "second-factor-set-up" if required else ""


@sensitive_post_parameters("password")
@never_cache
def log_in(request: HttpRequest) -> HttpResponse:
    """Django's own login of the admin, throttled and noted. Members are led to their own pages: it is not for them."""
    if is_member(request):
        return redirect("status:overview")
    if request.method != "POST":
        return admin.site.login(request)
    name = name_typed(request)
    pair, anybody = throttle.keys("person", name, request.META.get("REMOTE_ADDR", ""))
    if throttle.reached(pair, throttle.ATTEMPTS_PER_LOGIN) or throttle.reached(
        anybody, throttle.ATTEMPTS_PER_ADDRESS
    ):
        return page(
            request, "throttled", "Too many failed logins", {"sentence": throttle.TOO_MANY}, status=429
        )
    response = admin.site.login(request)
    passed = response.status_code == 302
    if not passed:
        throttle.count_failure((pair, anybody))
    note_login(name, passed=passed)
    return response


def name_typed(request: HttpRequest) -> str:
    """Return the user name as the login forms read it, and without signs that no database takes."""
    typed = request.POST.get("username", "").replace("\0", "").strip()
    return str(get_user_model().normalize_username(typed)[:150])


def note_login(name: str, *, passed: bool) -> None:
    """Note who came or tried to. A name that nobody has may be a password in the wrong box: it is kept nowhere."""
    known = get_user_model()._default_manager.filter(username=name).exists()
    with acting("user", name if known else UNKNOWN):
        note("login" if passed else "login failed", name if known else UNKNOWN)


@in_viewers_language
@login_required
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code of the authenticator app, or a recovery code."""
    if not second_factor.has_one(request.user):
        return redirect("second-factor-set-up")
    if request.method == "POST":
        device = second_factor.accept(request.user, request.POST.get("code", ""))
        if device is not None:
            verify(request, device)
            return HttpResponseRedirect(onward(request))
        note("second factor refused", request.user.get_username())
    context = {"problem": WRONG if request.method == "POST" else "", "next": onward(request)}
    return page(request, "code", _("Enter your code"), context)


def verify(request: HttpRequest, device: Any) -> None:
    """Mark the session as verified, under a new key: the former one was worth less."""
    former = request.session.session_key
    request.session.cycle_key()
    sign_ins.moved(former, request.session.session_key)
    verified_by(request, device)


@in_viewers_language
@login_required
@never_cache
@sensitive_post_parameters("code")
@sensitive_variables("codes", "context")
@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """Show the square code and the key; once a code of the app is entered, the recovery codes, this once."""
    user, has_one = request.user, second_factor.has_one(request.user)
    if has_one and getattr(user, "otp_device", None) is None:
        return redirect("second-factor")
    if has_one and request.method == "GET" and "replace" not in request.GET:
        seen = second_factor.mark_of(second_factor.in_use(user))
        return page(request, "in_use", _("Second factor"), {"seen": seen})
    if request.method == "POST":
        if not second_factor.is_begun(user):  # the same form once more: it is in use
            return redirect("second-factor-set-up")
        codes = second_factor.confirm(user, request.POST.get("code", ""))
        if codes is not None:
            device = second_factor.in_use(user)
            verify(request, device)
            sign_ins.end(sign_ins.open_ones(user).exclude(session_key=request.session.session_key))
            return page(request, "codes", _("Your recovery codes"), {"codes": codes, "next": onward(request)})
    begun = second_factor.begin(user) if request.method == "GET" else second_factor.begun(user)
    picture = segno.make(second_factor.address_of(begun)).svg_inline(scale=5, border=4, light="#fff")
    context = {
        "picture": mark_safe(picture),  # noqa: S308  # drawn by segno, of what we gave it
        "secret": second_factor.secret_of(begun),
        "problem": WRONG if request.method == "POST" else "",
        "next": onward(request),
    }
    return page(request, "set_up", _("Set up your second factor"), context)


@in_viewers_language
@login_required
@never_cache
@require_POST
def codes(request: HttpRequest) -> HttpResponse:
    """The button "New recovery codes": only for a session that has shown the second factor."""
    if getattr(request.user, "otp_device", None) is None:
        return redirect("second-factor")
    made = second_factor.new_codes(request.user, request.POST.get("seen", ""))
    if made is None:
        messages.warning(request, MADE_BEFORE)
        return redirect("second-factor-set-up")
    return page(request, "codes", _("Your recovery codes"), {"codes": made, "next": onward(request)})


@in_viewers_language
@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """Where one is logged in; end one session, or all but this."""
    own = sign_ins.open_ones(request.user)
    present = request.session.session_key
    if request.method == "POST":
        chosen = request.POST.get("session", "")
        others = own.exclude(session_key=present)
        ended = sign_ins.end(others.filter(pk=whole(chosen)) if chosen else others)
        words = ngettext("%(count)s session ended.", "%(count)s sessions ended.", ended)
        messages.success(request, words % {"count": ended})
        return redirect("sign-ins")
    rows = [(row, row.session_key == present) for row in own]
    return page(request, "sessions", _("Where you are logged in"), {"rows": rows})


def home(request: HttpRequest) -> HttpResponse:
    """Lead to the person's first page: members have no part in the admin, and whoever is not logged in may be one."""
    return redirect("admin:index" if getattr(request.user, "is_staff", False) else "status:overview")


def is_member(request: HttpRequest) -> bool:
    """Whether the person of this session is one of a merchant's."""
    return request.user.is_authenticated and not (request.user.is_staff or request.user.is_superuser)


@login_required
@require_POST
def stop_viewing(request: HttpRequest) -> HttpResponse:
    """The button "Stop" of the bar above a merchant's pages."""
    viewing.stop(request)
    return redirect("home")


def onward(request: HttpRequest) -> str:
    """Return the page that was wanted, if it is one of ours, else the first one."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    hosts = {request.get_host()}
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=hosts, require_https=request.is_secure())
    return wanted if ours else reverse("home")


def page(
    request: HttpRequest, name: str, title: str, context: dict[str, Any], status: int = 200
) -> TemplateResponse:
    """Return one of the pages in the frame of the login; nothing of it is kept by the browser."""
    whole = {**admin.site.each_context(request), "title": title} | context
    response = TemplateResponse(request, f"sign_in/{name}.html", whole, status=status)
    response["Cache-Control"] = "no-store, private"
    return response
