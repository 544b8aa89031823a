"""Merchants' people and the links that they have made: who sees which status pages."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from stores import share_links
from stores.admin.acting import Act, Asked, Result, each
from stores.admin.buttons import WithButtons
from stores.admin.filters import MerchantFilter, MerchantOfStoreFilter, StoreFilter, by_age
from stores.admin.lists import FactAdmin
from stores.admin.words import label, link, page_of, when
from stores.members import NoMember, invite, known
from stores.models import Membership, ShareLink


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A merchant, an address, a role, and the language of the letter."""

    email = forms.EmailField(
        label="E-mail address", max_length=150, help_text="Gets a link to choose a password; logs in with it."
    )

    class Meta:
        """The person is found or made by the address."""

        model = Membership
        fields = ("merchant", "email", "role", "language")

    def clean_email(self) -> str:
        """Return the address. Raises ValidationError for somebody of the support team."""
        address: str = self.cleaned_data["email"].strip().lower()
        try:
            known(address)
        except NoMember as error:
            raise ValidationError(str(error)) from error
        return address

    def validate_unique(self) -> None:
        """Accept who is a member already: he gets the role, and another letter."""


def invited_again(asked: Asked) -> Result:
    """Send another letter to each."""
    left: list[str] = []
    for row in asked.rows:
        try:
            invite(row.merchant, row.user.email, row.role, row.language, by=asked.user)
        except NoMember as error:
            left.append(str(error))
    count = len(asked.rows) - len(left)
    words = f"{count} letter{' is' if count == 1 else 's are'} on the way: 'Invited' says when each was sent."
    return Result(done=[words] if count else [], left=left)


INVITE_AGAIN = Act(
    "invite_again",
    "Send the invitation again",
    "Send the invitation to {} again?",
    "Each gets a letter: who has no password yet with a link to choose one, the others with the address of their pages.",
    "stores.add_membership",
    invited_again,
)
REVOKE = Act(
    "revoke",
    "Revoke",
    "Revoke {}?",
    "Whoever opens such a link is told that it has ended. This cannot be taken back; an owner can make another link.",
    "stores.change_sharelink",
    each(share_links.revoke, "Revoked: {}."),
    none="All of these have ended already.",
    fits=lambda rows: rows & ShareLink.objects.good(),
)


class PasswordFilter(admin.SimpleListFilter):
    """Members by whether they have followed the invitation."""

    title = "password"
    parameter_name = "password"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return yes and no."""
        return [("yes", "Chosen"), ("no", "Not yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> QuerySet[Membership]:
        """Keep by whether there is one."""
        none = Q(user__password__startswith=UNUSABLE_PASSWORD_PREFIX)
        return queryset.filter({"yes": ~none, "no": none}.get(self.value() or "", Q()))


class GoodFilter(admin.SimpleListFilter):
    """Links by whether they open the page."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the two states."""
        return [("good", "Good"), ("ended", "Ended")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ShareLink]) -> QuerySet[ShareLink]:
        """Keep the links of that state."""
        good = Q(revoked_at=None, expires_at__gt=timezone.now())
        return queryset.filter({"good": good, "ended": ~good}.get(self.value() or "", Q()))


@admin.register(Membership)
class MembershipAdmin(WithButtons):
    """Adding a member invites him; deleting the membership shuts the pages for him at once."""

    empty_words = "No merchant's people can log in yet. Open a merchant and press 'Invite a member'."
    list_display = ("user", "merchant_link", "role", "has_password", "invited", "invited_by")
    list_select_related = ("user", "merchant", "invited_by")
    list_filter = (PasswordFilter, "role", MerchantFilter, by_age("invited_at", "invited"))
    export_columns = {
        "merchant": "merchant__name",
        "email": "user__email",
        "role": "get_role_display",
        "invited": "invited_at",
        "invited_by": "invited_by__username",
        "last_login": "user__last_login",
    }
    search_fields = ("user__username", "user__email", "merchant__name")
    search_help_text = "E-mail address or merchant"
    autocomplete_fields = ("merchant",)
    readonly_fields = ("user", "merchant_link", "has_password", "invited", "invited_by")
    fields = ("user", "merchant_link", "role", "language", "has_password", "invited", "invited_by")
    acts = (INVITE_AGAIN,)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the invitation for a new member; of one who is there role and language can be changed."""
        own = {} if obj else {"form": InvitationForm}
        return super().get_form(request, obj, change=change, **own | kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what the page shows."""
        return self.fields if obj else ("merchant", "email", "role", "language")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what cannot be typed."""
        return self.readonly_fields if obj else ()

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        """Save a changed role or language; invite a new member."""
        if change:
            super().save_model(request, obj, form, change)
            return
        row = invite(obj.merchant, form.cleaned_data["email"], obj.role, obj.language, by=request.user)
        obj.pk, obj.user = row.pk, row.user

    @admin.display(description="merchant", ordering="merchant__name")
    def merchant_link(self, row: Membership) -> SafeString:
        """Return the merchant as a link."""
        return link(page_of(row.merchant), row.merchant)

    @admin.display(description="password")
    def has_password(self, row: Membership) -> SafeString:
        """Return whether the person has chosen a password."""
        return label("Chosen", "good") if row.user.has_usable_password() else label("Not yet", "quiet")

    @admin.display(description="invited", ordering="invited_at")
    def invited(self, row: Membership) -> Any:
        """Return when the last letter was sent."""
        return when(row.invited_at)


@admin.register(ShareLink)
class ShareLinkAdmin(WithButtons, FactAdmin):
    """Links to single stores' pages; support can end them."""

    empty_words = "No link has been made. Owners make them on their store's status page."
    list_display = ("name", "store", "standing", "expires_at", "last_used_at", "made_by")
    list_filter = (GoodFilter, MerchantOfStoreFilter, StoreFilter, by_age("made_at", "made"))
    list_select_related = ("store__merchant", "made_by")
    export_columns = {
        "merchant": "store__merchant__name",
        "store": "store__name",
        "for": "name",
        "made_by": "made_by__username",
        "made": "made_at",
        "ends": "expires_at",
        "revoked": "revoked_at",
        "last_used": "last_used_at",
    }
    search_fields = ("name", "store__name", "store__merchant__name")
    search_help_text = "For whom, store or merchant"
    fields = ("name", "store", "standing", "made_by", "made_at", "expires_at", "revoked_at", "last_used_at")
    readonly_fields = fields
    acts = (REVOKE,)

    @admin.display(description="state")
    def standing(self, row: ShareLink) -> SafeString:
        """Return whether the link is good."""
        good = row.revoked_at is None and row.expires_at > timezone.now()
        return label("Good", "good") if good else label("Ended", "quiet")
