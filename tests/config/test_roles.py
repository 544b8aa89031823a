"""The four roles: what each may open and press in the admin, by enumerating every address that the admin has."""

from __future__ import annotations

import itertools
from io import StringIO

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, reverse

from config.roles import (
    ADDED,
    ADMINISTRATOR,
    EXPORTED,
    EXPORTED_BY_LEADS,
    LEAD,
    SUPPORT,
    VIEWER,
    make_roles,
    on,
    permissions_of,
)
from fulfillment.models import Shipment
from inventory.models import StockPush
from orders.models import Order
from stores.models import AuditEntry, Exchange, SignIn, Store
from tests.stores.test_admin import FACTS, MODELS, SECRETS, populate

pytestmark = pytest.mark.django_db

# Addresses below a model's own with the permission that each needs, beside list, page, add, delete and history.
EXTRA = {
    "stores_store_password": "stores.password_store",
    "stores_store_webhook": "stores.webhook_store",
    "stores_store_translation": "orders.view_translationsettings",
    "stores_store_mappings": "stores.view_store",
    "stores_store_activity": "stores.view_store",
    "stores_store_people": "stores.view_store",
    "stores_store_discover": "orders.change_translationsettings",
    "stores_merchant_viewas": "stores.viewas_merchant",
    "orders_backfill_new": "orders.add_backfill",
    "orders_backfill_progress": "orders.view_backfill",
    "orders_reconciliation_compare": "orders.add_reconciliation",
    "inventory_catalogue_refresh": "inventory.add_cataloguerefresh",
    "auth_user_password_change": "auth.change_user",
    "orders_order_missing": "orders.view_order",
    "stores_store_connect": "stores.add_store",
    "stores_store_connect_step": "stores.add_store",
    "stores_store_legacy": "stores.view_store",
}
EXTRA |= {
    f"{model.replace('.', '_')}_export": next(iter(on("export", model)))
    for model in (*EXPORTED, *EXPORTED_BY_LEADS)
}
EXTRA |= {"auth_user_export": "stores.export_signin", "auth_group_export": "auth.view_group"}
# Buttons name their permission themselves.
EXTRA |= {
    f"{model._meta.app_label}_{model._meta.model_name}_{act.name}": act.permission
    for model, page in admin.site._registry.items()
    for act in getattr(page, "acts", ())
}
STANDARD = ("changelist", "add", "history", "delete", "change")


def names(patterns: list[URLPattern | URLResolver]) -> set[str]:
    """The names of all addresses of the admin that are about a model."""
    found: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found |= names(pattern.url_patterns)
        elif pattern.name and pattern.name.count("_") >= 2:
            found.add(pattern.name)
    return found


NAMES = sorted(names(admin.site.urls[0]))
BY_PREFIX = {f"{m._meta.app_label}_{m._meta.model_name}_": m for m in MODELS}
OWN = sorted(name for name in NAMES if not any(name == p + s for p in BY_PREFIX for s in STANDARD))


def login_as(client, role: str) -> User:
    user = User.objects.create_user(f"a-{role}", password="correct-horse-battery", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return user


def address(name: str, keys: dict[type, int]) -> str:
    """The address, with the key of the model that it is about, and whatever else it takes."""
    of = {
        "orders_backfill_new": Store,
        "orders_reconciliation_compare": Store,
        "inventory_catalogue_refresh": Store,
    }
    model = of.get(name) or next(model for prefix, model in BY_PREFIX.items() if name.startswith(prefix))
    for arguments in ([], [keys[model]], [keys[model], 2]):
        try:
            return reverse(f"admin:{name}", args=arguments)
        except NoReverseMatch:
            continue
    raise AssertionError(name)


def test_every_address_of_the_admin_is_in_the_table():
    assert set(OWN) - {"password_change_done", "view_on_site"} == set(EXTRA)


def test_whatever_has_a_permission_of_its_own_is_in_some_role():
    assert set(EXTRA.values()) <= permissions_of(ADMINISTRATOR)


@pytest.mark.parametrize("role", ADDED)
def test_each_role_opens_what_the_table_gives_it_and_nothing_else_and_sees_no_secret(client, role):
    keys = populate()
    login_as(client, role)
    may = permissions_of(role)
    wrong: list[tuple[str, object]] = []

    def opened(page: str) -> int:
        answer = client.get(page)
        body = answer.content.decode()
        wrong.extend((page, name) for name, secret in SECRETS.items() if secret in body)
        return answer.status_code

    for name in OWN:
        if name not in EXTRA:
            continue
        status = opened(address(name, keys))
        allowed = EXTRA[name] in may
        if (status != 403) != allowed:
            wrong.append((name, status))
    for model in MODELS:
        app, name = model._meta.app_label, model._meta.model_name
        fact = model in FACTS
        sees = {f"{app}.view_{name}", f"{app}.change_{name}"} & may
        expected = {
            "changelist": bool(sees),
            "add": f"{app}.add_{name}" in may and not fact and name != "storeshipping",
            "history": bool(sees),
            "delete": f"{app}.delete_{name}" in may and not fact and name != "storeshipping",
            "change": bool(sees),
        }
        for page, allowed in expected.items():
            arguments = [] if page in ("changelist", "add") else [keys[model]]
            status = opened(reverse(f"admin:{app}_{name}_{page}", args=arguments))
            if (status in (200, 302)) != allowed:  # a store is added on pages of its own
                wrong.append((f"{app}_{name}_{page}", status))
    opened(reverse("admin:index"))
    number = Order.objects.get(pk=keys[Order]).miva_id
    opened(reverse("admin:stores_store_translation", args=[keys[Store]], query={"order": number}))
    assert wrong == []


def test_only_leads_find_boxes_for_secrets(client):
    keys = populate()
    page = reverse("admin:stores_store_change", args=[keys[Store]])
    login_as(client, SUPPORT)
    assert "signing_key" not in client.get(page).content.decode()
    login_as(client, LEAD)
    assert "signing_key" in client.get(page).content.decode()


@pytest.mark.parametrize("model", FACTS, ids=lambda model: model.__name__)
def test_no_role_has_the_permission_to_delete_facts(model):
    name = f"{model._meta.app_label}.delete_{model._meta.model_name}"
    assert all(name not in permissions_of(role) for role in ADDED)
    assert {Order, Exchange, Shipment, StockPush, AuditEntry} <= set(FACTS)


def test_each_role_has_all_that_the_one_before_it_has():
    roles = [VIEWER, SUPPORT, LEAD, ADMINISTRATOR]
    for lower, higher in itertools.pairwise(roles):
        assert permissions_of(lower) < permissions_of(higher)


def test_all_permissions_of_the_table_are_there():
    assert make_roles() == []


def test_making_the_roles_again_gives_back_exactly_their_permissions():
    group = Group.objects.get(name=VIEWER)
    group.permissions.set(Permission.objects.filter(codename="delete_merchant"))
    call_command("roles", "--json", stdout=StringIO())
    found = {
        f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.select_related("content_type")
    }
    assert found == permissions_of(VIEWER)


def test_an_administrator_makes_nobody_almighty(client):
    user = login_as(client, ADMINISTRATOR)
    other = User.objects.create_user("other", password="correct-horse-battery", is_staff=True)
    page = reverse("admin:auth_user_change", args=[other.pk])
    client.post(page, {"username": "other", "is_staff": "on", "is_active": "on", "is_superuser": "on",
                       "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"})  # fmt: skip
    other.refresh_from_db()
    assert not other.is_superuser
    assert AuditEntry.objects.filter(object_label="other", actor_name=user.username).exists()


def test_the_key_of_somebodys_session_cannot_be_guessed_sign_by_sign_in_a_list(client):
    admins_browser, lead = Client(), User.objects.create_user("lena", password="correct-horse", is_staff=True)
    admins_browser.force_login(User.objects.create_superuser("wilhelmina", password="correct-horse-battery"))
    admins_browser.get("/admin/")
    lead.groups.add(Group.objects.get(name=LEAD))
    client.force_login(lead)
    sessions = reverse("admin:stores_signin_changelist")
    assert "wilhelmina" in client.get(sessions).content.decode()
    right = SignIn.objects.get(user__username="wilhelmina").session_key[:1]
    wrong = "a" if right == "b" else "b"
    for lookup in ("session_key__startswith", "session_key__gte", "session_key"):
        answers = [client.get(sessions, {lookup: sign}, follow=True) for sign in (right, wrong)]
        assert ["wilhelmina" in answer.content.decode() for answer in answers] in ([False] * 2, [True] * 2), (
            lookup
        )


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_list_is_filtered_by_nothing_but_its_own_filters(client, model):
    client.force_login(User.objects.create_superuser("root", password="correct-horse-battery"))
    page = admin.site.get_model_admin(model)
    meant = {str(getattr(each, "parameter_name", each)).partition("__")[0] for each in page.list_filter}
    meant |= {*page.linked_by}
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    for field in model._meta.concrete_fields:
        if not {field.name, field.attname} & meant:
            assert client.get(address, {f"{field.name}__startswith": "a"}).status_code == 400, field.name
