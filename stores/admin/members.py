"""Merchants' people and the links that they have made: who sees which status pages."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from stores import share_links
from stores.admin.lists import FactAdmin, PortalAdmin
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


@admin.register(Membership)
class MembershipAdmin(PortalAdmin):
    """Adding a member invites him; deleting the membership shuts the pages for him at once."""

    empty_words = "No merchant's people can log in yet. Open a merchant and press 'Invite a member'."
    list_display = ("user", "merchant_link", "role", "has_password", "invited", "invited_by")
    list_select_related = ("user", "merchant", "invited_by")
    list_filter = ("role",)
    search_fields = ("user__username", "user__email", "merchant__name")
    search_help_text = "E-mail address or merchant"
    autocomplete_fields = ("merchant",)
    readonly_fields = ("user", "merchant_link", "has_password", "invited", "invited_by")
    fields = ("user", "merchant_link", "role", "language", "has_password", "invited", "invited_by")
    actions = ("invite_again",)

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

    def has_invite_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may invite."""
        return self.may(request, "add")

    @admin.action(description="Send the invitation again", permissions=["invite"])
    def invite_again(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        """Send another letter to each."""
        for row in queryset.select_related("user", "merchant")[:50]:
            invite(row.merchant, row.user.email, row.role, row.language, by=request.user)
        messages.success(request, "The letters are on their way.")

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
class ShareLinkAdmin(FactAdmin):
    """Links to single stores' pages; support can end them."""

    empty_words = "No link has been made. Owners make them on their store's status page."
    list_display = ("name", "store", "standing", "expires_at", "last_used_at", "made_by")
    list_select_related = ("store", "made_by")
    search_fields = ("name", "store__name", "store__merchant__name")
    search_help_text = "For whom, store or merchant"
    fields = ("name", "store", "standing", "made_by", "made_at", "expires_at", "revoked_at", "last_used_at")
    readonly_fields = fields
    actions = ("revoke_selected",)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may end links."""
        return self.may(request, "change")

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[ShareLink]) -> None:
        """End the selected links."""
        ended = sum(share_links.revoke(row) for row in queryset)
        messages.success(request, f"{ended} link{'' if ended == 1 else 's'} revoked.")

    @admin.display(description="state")
    def standing(self, row: ShareLink) -> SafeString:
        """Return whether the link is good."""
        good = row.revoked_at is None and row.expires_at > timezone.now()
        return label("Good", "good") if good else label("Ended", "quiet")
