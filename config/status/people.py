"""Members signing in and out, and choosing a password. The second factor and the list of sessions are those of all people."""

from typing import Any

from django import forms
from django.contrib.auth import login, logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from config.sign_in import name_typed, note_login
from config.status.viewer import for_viewer, page
from stores import throttle
from stores.audit import note
from stores.context import acting
from stores.models import Letter

TOO_MANY = _("Too many attempts. Try again in 15 minutes.")
RESETS = 5  # letters for one address from one place, in the window of the throttle


class SignInForm(AuthenticationForm):
    """E-mail address and password."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("E-mail address and password do not belong together. Both are case sensitive."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Call the user name what it is for members."""
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("E-mail address")
        self.fields["username"].widget.attrs |= {"autocomplete": "username", "inputmode": "email"}

    def clean_username(self) -> str:
        """Return the address as it is kept: in lower case. Staff's own names are no addresses and stay."""
        name: str = self.cleaned_data["username"].strip()
        return name.lower() if "@" in name else name


class LetterForm(forms.Form):
    """Asks for a letter."""

    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


@for_viewer
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password, throttled and noted; the second factor is asked for by the middleware."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(onward(request))
    form = SignInForm(request, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return sign_in_page(request, form)
    name = name_typed(request)
    failures = throttle.keys("person", name, request.META.get("REMOTE_ADDR", ""))
    if reached(failures, throttle.ATTEMPTS_PER_LOGIN):
        return sign_in_page(request, SignInForm(request), TOO_MANY, status=429)
    passed = form.is_valid()
    if passed:
        login(request, form.get_user())
    else:
        throttle.count_failure(failures)
    note_login(form.cleaned_data.get("username", name) if passed else name, passed=passed)
    return HttpResponseRedirect(onward(request)) if passed else sign_in_page(request, form)


def sign_in_page(
    request: HttpRequest, form: forms.Form, problem: object = "", status: int = 200
) -> HttpResponse:
    """Return the form."""
    context = {
        "form": form,
        "problem": problem,
        "next": request.POST.get("next", request.GET.get("next", "")),
    }
    return page(request, "sign_in", context, status=status)


@for_viewer
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("status:sign-in")


def onward(request: HttpRequest) -> str:
    """Return the page that was wanted if it is one of ours, else the person's first one."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else reverse("home")


def reached(keys: tuple[str, str], most: int) -> bool:
    """Whether the limit of this name from this place is reached, or that of the place."""
    pair, anybody = keys
    return throttle.reached(pair, most) or throttle.reached(anybody, throttle.ATTEMPTS_PER_ADDRESS)


@for_viewer
@require_http_methods(["GET", "POST"])
def ask_for_letter(request: HttpRequest) -> HttpResponse:
    """Have a letter sent, unless too many were asked for. Whoever asks is told the same, whether the address is known or not."""
    form = LetterForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return page(request, "password_ask", {"form": form})
    email = form.cleaned_data["email"]
    keys = throttle.keys("letter", email, request.META.get("REMOTE_ADDR", ""))
    if reached(keys, RESETS):
        form.add_error(None, TOO_MANY)
        return page(request, "password_ask", {"form": form})
    throttle.count_failure(keys)
    Letter.objects.create(address=email, language=translation.get_language())
    return redirect("status:password-asked")


class ChoosePassword(PasswordResetConfirmView):
    """The page behind the link of a letter: good once."""

    template_name = "status/password_set.html"
    success_url = reverse_lazy("status:sign-in")

    def form_valid(self, form: Any) -> HttpResponse:
        """Save, and note it; all sessions of the person end by it."""
        response = super().form_valid(form)
        with acting("user", form.user.get_username()):
            note("password chosen by a letter's link", form.user)
        return response


@for_viewer
@require_http_methods(["GET"])
def asked(request: HttpRequest) -> HttpResponse:
    """Say that a letter is on its way, if there is somebody with that address."""
    return page(request, "password_asked", {})


choose_password = for_viewer(
    sensitive_post_parameters("new_password1", "new_password2")(ChoosePassword.as_view())
)
