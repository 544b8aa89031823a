"""Tokens of the REST API: made, rotated and revoked here; shown once, in the answer itself."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_variables
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from stores import tokens
from stores.admin.acting import Act, ActForm, Asked, Result, each
from stores.admin.buttons import WithButtons
from stores.admin.filters import MerchantFilter, StoreFilter, by_age
from stores.admin.words import label, link, page_of, when
from stores.models import ApiToken
from stores.scopes import Scope

SHOWN_ONCE = "admin/stores/apitoken/issued.html"
ROTATING = (
    "A new token is made that may do the same, and shown once. The former goes on being accepted for the "
    "hours that you enter, so that the program can be given the new one meanwhile."
)
REVOKING = "The program that has it is refused from then on. This cannot be taken back."
END = "stores.end_apitoken"


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A token; what it may do is ticked."""

    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Tick only what the program does: a stolen token can do no more.",
    )

    class Meta:
        """The admin names the fields."""

        model = ApiToken
        fields: ClassVar[tuple[str, ...]] = ()

    def _post_clean(self) -> None:
        """Refuse what was sent twice, once everything else is right; the page is one transaction."""
        super()._post_clean()  # type: ignore[misc]  # Django's own place for what the whole row must fulfil
        if not self.errors:
            try:
                tokens.refuse_second(self.instance)
            except ValidationError as error:
                self.add_error(None, error)


class OverlapForm(ActForm):
    """How long both tokens are accepted."""

    hours = forms.IntegerField(
        label="Hours",
        min_value=0,
        max_value=tokens.LONGEST_OVERLAP,
        initial=tokens.OVERLAP_HOURS,
        help_text="So long the former token is accepted beside the new one. 0: it ends at once.",
    )


@sensitive_variables("made", "secret")
def rotated(asked: Asked) -> Result:
    """Rotate one token and show the new one."""
    (former,) = asked.rows
    made = tokens.rotate(former, timedelta(hours=asked.given["hours"]))
    if made is None:
        return Result()
    token, secret = made
    return Result(
        page=(SHOWN_ONCE, {"token": token, "secret": secret, "former": former}),
    )


def good(rows: QuerySet[ApiToken]) -> QuerySet[ApiToken]:
    """Keep the tokens that are accepted."""
    return rows & ApiToken.objects.live()


def replaceable(rows: QuerySet[ApiToken]) -> QuerySet[ApiToken]:
    """Keep the tokens that are accepted and have no other in their place yet."""
    return good(rows).filter(replaced_by=None)


ROTATE = Act(
    "rotate",
    "Rotate",
    "Make a new token in the place of {}",
    ROTATING,
    END,
    rotated,
    fits=replaceable,
    form=OverlapForm,
    many=False,
)
REVOKE = Act("revoke", "Revoke", "Revoke {}", REVOKING, END, each(tokens.revoke, "Revoked: {}."), fits=good)


class StateFilter(admin.SimpleListFilter):
    """Tokens by whether they are accepted."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the states."""
        return [("live", "Accepted"), ("replaced", "Being replaced"), ("over", "Ended or revoked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> QuerySet[ApiToken]:
        """Keep the tokens of that state."""
        if self.value() == "over":
            return queryset.exclude(pk__in=ApiToken.objects.live().order_by().values("pk"))
        if self.value() == "replaced":
            return good(queryset).exclude(replaced_by=None)
        return good(queryset) if self.value() == "live" else queryset


@admin.register(ApiToken)
class ApiTokenAdmin(WithButtons):
    """Who may call the REST API, for which stores, and what for."""

    form = TokenForm
    acts = (ROTATE, REVOKE)
    empty_words = "No token has been made yet. Add one for a program that shall use the REST API."
    list_display = ("name", "prefix", "whose", "ends", "last_used", "standing")
    list_filter = (StateFilter, MerchantFilter, StoreFilter, by_age("created_at", "made"))
    export_columns = {
        "name": "name",
        "begins_with": "prefix",
        "merchant": "merchant__name",
        "store": "store__name",
        "may": "scopes",
        "made": "created_at",
        "ends": "expires_at",
        "last_used": "last_used_at",
        "revoked": "revoked_at",
    }
    list_select_related = ("merchant", "store__merchant")
    search_fields = ("name", "prefix", "merchant__name", "store__name")
    search_help_text = "Name, beginning of the token, merchant or store"
    autocomplete_fields = ("merchant", "store")
    fields = ("name", "merchant", "store", "scopes", "expires_at")
    shown = ("name", "prefix", "whose", "allowed", "standing", "created_at", "ends", "last_used")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        """Return the tokens without their hashes."""
        rows: QuerySet[ApiToken] = super().get_queryset(request)
        return rows.defer("digest")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what is typed for a new token, and what is to be seen of one that is there."""
        return self.shown if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what cannot be typed."""
        return self.shown if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: what a token may do is decided when it is made."""
        return False

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """Make the token; its secret is shown in the answer and kept nowhere."""
        request.api_token = tokens.issue(obj)  # type: ignore[attr-defined]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save nothing more: the verb has noted what it made."""

    @sensitive_variables("context")
    def response_add(
        self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the token this once."""
        context = self.frame(request, "New API token")
        context |= {"token": obj, "secret": getattr(request, "api_token", "")}
        response = TemplateResponse(request, SHOWN_ONCE, context)
        response["Cache-Control"] = "no-store, private"
        return response

    @admin.display(description="for")
    def whose(self, token: ApiToken) -> SafeString:
        """Return the store, or the merchant with all stores."""
        if token.store is not None:
            return link(page_of(token.store), f"{token.merchant} · {token.store.name}")
        return link(page_of(token.merchant), f"{token.merchant}, all stores")

    @admin.display(description="may")
    def allowed(self, token: ApiToken) -> str:
        """Return what the token may do, in words."""
        return ", ".join(str(Scope(scope).label) for scope in token.scopes)

    @admin.display(description="ends", ordering="expires_at")
    def ends(self, token: ApiToken) -> Any:
        """Return when it ends."""
        return when(token.expires_at) if token.expires_at else "when it is revoked"

    @admin.display(description="last used", ordering="last_used_at")
    def last_used(self, token: ApiToken) -> Any:
        """Return when it was last used."""
        return when(token.last_used_at)

    @admin.display(description="state")
    def standing(self, token: ApiToken) -> SafeString:
        """Return whether it is accepted."""
        if token.revoked_at:
            return label("Revoked", "quiet")
        if not token.live:
            return label("Ended", "quiet")
        return label("Being replaced", "warn") if token.replaced_by_id else label("Active", "good")
