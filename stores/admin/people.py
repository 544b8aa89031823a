"""The support team's own accounts, and where they are logged in."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.forms import (
    AdminOwnPasswordChangeForm,
    AdminPasswordChangeForm,
    UserChangeForm,
    UserCreationForm,
)

from stores import second_factor, sign_ins
from stores.admin.acting import ReasonForm
from stores.admin.filters import by_age
from stores.admin.lists import FactAdmin, PortalAdmin
from stores.admin.words import when
from stores.audit import note
from stores.models import Authenticator, SignIn

EXPORT = "stores.export_signin"

admin.site.unregister(User)
admin.site.unregister(Group)


class NotedPasswordForm(AdminPasswordChangeForm):  # type: ignore[misc]  # unfold has no types
    """The form with which somebody gives another person a new password."""

    def save(self, commit: bool = True) -> Any:
        """Save, note it, and end the person's sessions."""
        user = super().save(commit)
        note("password changed", user)
        sign_ins.end(sign_ins.open_ones(user))
        return user


class NotedOwnPasswordForm(AdminOwnPasswordChangeForm):  # type: ignore[misc]  # unfold has no types
    """The form with which somebody changes his own password; Django ends his other sessions by it."""

    def save(self, commit: bool = True) -> Any:
        """Save and note it."""
        user = super().save(commit)
        note("password changed", user)
        return user


admin.site.password_change_form = NotedOwnPasswordForm


class ProtectedFilter(admin.SimpleListFilter):
    """People with and without a second factor."""

    title = "second factor"
    parameter_name = "protected"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return yes and no."""
        return [("yes", "Set up"), ("no", "Missing")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep by `protected`, which the list's query carries."""
        return queryset.filter(protected=self.value() == "yes") if self.value() in ("yes", "no") else queryset


@admin.register(User)
class UserAdmin(DjangoUserAdmin, PortalAdmin):  # type: ignore[misc, type-arg]  # unfold has no types
    """Who may log in here. Only a superuser makes superusers."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = NotedPasswordForm
    list_display = (
        "username",
        "email",
        "first_name",
        "last_name",
        "is_active",
        "is_staff",
        "has_second_factor",
    )
    list_filter = (
        "groups",
        "is_active",
        "is_staff",
        ProtectedFilter,
        by_age("last_login", "last login"),
    )
    export_columns = {
        "user": "username",
        "email": "email",
        "first_name": "first_name",
        "last_name": "last_name",
        "active": "is_active",
        "support_team": "is_staff",
        "superuser": "is_superuser",
        "second_factor": "protected",
        "last_login": "last_login",
        "since": "date_joined",
    }
    actions = ("take_second_factor", "end_sessions")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Keep what makes somebody almighty from all but superusers."""
        own = super().get_readonly_fields(request, obj)
        return own if request.user.is_superuser else (*own, "is_superuser", "user_permissions")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Return the people whom this person may administer: a superuser only another one."""
        confirmed = Authenticator.objects.filter(user=OuterRef("pk"), confirmed=True)
        rows: QuerySet[User] = super().get_queryset(request).annotate(protected=Exists(confirmed))
        return rows if request.user.is_superuser else rows.filter(is_superuser=False)

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may have the accounts as a file; Django's own model names no such permission."""
        return request.user.has_perm(EXPORT)

    def has_second_factor_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may take the second factor from others."""
        return request.user.has_perm("stores.secondfactor_signin")

    def has_end_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may end the sessions of others."""
        return request.user.has_perm("stores.end_signin")

    @admin.action(description="Take the second factor…", permissions=["second_factor"])
    def take_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """Ask for the reason, then take it from those who have lost telephone and recovery codes."""
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        people = list(queryset.exclude(username=request.user.get_username()))
        if people and not form.is_valid():
            context = self.frame(request, "Take the second factor") | {"people": people, "form": form}
            return TemplateResponse(request, "admin/auth/user/second_factor.html", context)
        taken = [second_factor.remove(user, form.cleaned_data["reason"]) for user in people]
        sign_ins.end(sign_ins.open_ones().filter(user__in=people))
        messages.success(request, f"{sum(taken)} of {len(people)} people set up a new second factor now.")
        return None

    @admin.action(description="End all sessions", permissions=["end"])
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """End all sessions of the selected people."""
        ended = sign_ins.end(sign_ins.open_ones().filter(user__in=queryset))
        messages.success(request, f"{ended} session{'' if ended == 1 else 's'} ended.")

    @admin.display(description="second factor", boolean=True)
    def has_second_factor(self, user: User) -> bool:
        """Return whether the person has one."""
        return bool(getattr(user, "protected", False))


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, PortalAdmin):  # type: ignore[misc]
    """What several accounts may do. The four roles are made anew by every migrate: change config/roles.py instead."""

    list_display = ("name", "people")
    export_columns = {"group": "name", "people": "members"}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        """Return the groups with how many people are in each."""
        rows: QuerySet[Group] = super().get_queryset(request)
        return rows.annotate(members=Count("user"))

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may have the groups as a file."""
        return request.user.has_perm(EXPORT)

    @admin.display(description="people", ordering="members")
    def people(self, group: Group) -> int:
        """Return how many people are in it."""
        return int(getattr(group, "members", 0))


@admin.register(SignIn)
class SignInAdmin(FactAdmin):
    """Where people are logged in."""

    empty_words = "Nobody is logged in. A session stands here from its login to its end."
    list_display = ("user", "address", "browser", "began", "seen")
    list_filter = ("user__is_staff", by_age("last_seen_at", "last seen"))
    list_select_related = ("user",)
    export_columns = {
        "user": "user__username",
        "address": "address",
        "browser": "browser",
        "since": "began_at",
        "last_seen": "last_seen_at",
    }
    search_fields = ("user__username", "address")
    search_help_text = "User name or address"
    sortable_by = ()
    fields = ("user", "address", "browser", "began", "seen")
    readonly_fields = fields
    actions = ("end_selected",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SignIn]:
        """Return the sessions that are still good."""
        return sign_ins.open_ones()

    def has_end_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may end the sessions of others."""
        return self.may(request, "end")

    @admin.action(description="End sessions", permissions=["end"])
    def end_selected(self, request: HttpRequest, queryset: QuerySet[SignIn]) -> None:
        """End the selected sessions."""
        ended = sign_ins.end(queryset)
        messages.success(request, f"{ended} session{'' if ended == 1 else 's'} ended.")

    @admin.display(description="since")
    def began(self, row: SignIn) -> Any:
        """Return since when."""
        return when(row.began_at)

    @admin.display(description="last seen")
    def seen(self, row: SignIn) -> Any:
        """Return when last."""
        return when(row.last_seen_at)
