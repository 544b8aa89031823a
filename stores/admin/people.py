"""The support team's own accounts, and where they are logged in."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest
from unfold.forms import (
    AdminOwnPasswordChangeForm,
    AdminPasswordChangeForm,
    UserChangeForm,
    UserCreationForm,
)

from stores import second_factor, sign_ins
from stores.admin.acting import Act, Asked, ReasonForm, Result
from stores.admin.buttons import WithButtons
from stores.admin.filters import by_age
from stores.admin.lists import FactAdmin, PortalAdmin
from stores.admin.words import when
from stores.audit import note
from stores.models import Authenticator, SignIn

EXPORT = "stores.export_signin"  # Django's own models name no such permission

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


def taken(asked: Asked) -> Result:
    """Take the second factor from people, and end their sessions; one's own stays."""
    others = [person for person in asked.rows if person.pk != asked.user.pk]
    count = sum(second_factor.remove(person, asked.given["reason"]) for person in others)
    sign_ins.end(sign_ins.open_ones().filter(user__in=others))
    own = len(asked.rows) - len(others)
    return Result(
        done=[f"{count} of {len(asked.rows)} people set up a new second factor now."] if count else [],
        left=["Your own stays: change it under 'Second factor'."] if own else [],
    )


def protected(rows: QuerySet[User]) -> QuerySet[User]:
    """Keep the people who have a second factor."""
    return rows.filter(pk__in=Authenticator.objects.filter(confirmed=True).values("user"))


def here(rows: QuerySet[User]) -> QuerySet[User]:
    """Keep the people who are logged in."""
    return rows.filter(pk__in=sign_ins.open_ones().order_by().values("user"))


def ended(asked: Asked) -> Result:
    """End sessions."""
    return sessions_ended(SignIn.objects.filter(pk__in=[row.pk for row in asked.rows]))


def all_ended(asked: Asked) -> Result:
    """End all sessions of people."""
    return sessions_ended(sign_ins.open_ones().filter(user__in=asked.rows))


def sessions_ended(rows: QuerySet[SignIn]) -> Result:
    """End the sessions, and say how many there were."""
    count = sign_ins.end(rows)
    return Result(done=[f"{count} session{'' if count == 1 else 's'} ended."] if count else [])


ENDING = "Whoever uses one is led to the login with the next click, and what was typed and not saved is lost."
TAKE_SECOND_FACTOR = Act(
    "take_second_factor",
    "Take the second factor",
    "Take the second factor from {}?",
    "For somebody who has lost telephone and recovery codes. Be sure on the telephone that it is really he or she: from then on "
    "the password alone lets in. All sessions of theirs are ended, and with the next login a new second factor is set up.",
    "stores.secondfactor_signin",
    taken,
    none="None of these people has a second factor.",
    fits=protected,
    form=ReasonForm,
)
END_SESSIONS = Act(
    "end_sessions",
    "End all sessions",
    "End all sessions of {}?",
    f"Their sessions end, on all computers. {ENDING}",
    "stores.end_signin",
    all_ended,
    none="None of these people is logged in.",
    fits=here,
)
END = Act("end", "End", "End {}?", ENDING, "stores.end_signin", ended)


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
class UserAdmin(DjangoUserAdmin, WithButtons):  # type: ignore[misc, type-arg]  # unfold has no types
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
    export_permission = EXPORT
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
    acts = (TAKE_SECOND_FACTOR, END_SESSIONS)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Keep what makes somebody almighty from all but superusers."""
        own = super().get_readonly_fields(request, obj)
        return own if request.user.is_superuser else (*own, "is_superuser", "user_permissions")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Return the people whom this person may administer: a superuser only another one."""
        confirmed = Authenticator.objects.filter(user=OuterRef("pk"), confirmed=True)
        rows: QuerySet[User] = super().get_queryset(request).annotate(protected=Exists(confirmed))
        return rows if request.user.is_superuser else rows.filter(is_superuser=False)

    @admin.display(description="second factor", boolean=True)
    def has_second_factor(self, user: User) -> bool:
        """Return whether the person has one."""
        return bool(getattr(user, "protected", False))


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, PortalAdmin):  # type: ignore[misc]
    """What several accounts may do. The four roles are made anew by every migrate: change config/roles.py instead."""

    list_display = ("name", "people")
    export_permission = EXPORT
    export_columns = {"group": "name", "people": "members"}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        """Return the groups with how many people are in each."""
        rows: QuerySet[Group] = super().get_queryset(request)
        return rows.annotate(members=Count("user"))

    @admin.display(description="people", ordering="members")
    def people(self, group: Group) -> int:
        """Return how many people are in it."""
        return int(getattr(group, "members", 0))


@admin.register(SignIn)
class SignInAdmin(WithButtons, FactAdmin):
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
    acts = (END,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SignIn]:
        """Return the sessions that are still good."""
        return sign_ins.open_ones()

    @admin.display(description="since")
    def began(self, row: SignIn) -> Any:
        """Return since when."""
        return when(row.began_at)

    @admin.display(description="last seen")
    def seen(self, row: SignIn) -> Any:
        """Return when last."""
        return when(row.last_seen_at)
