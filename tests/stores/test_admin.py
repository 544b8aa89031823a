"""The support team's pages as a whole: they open, they refuse, twenty rows cost as much as one, they hold no secret."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fulfillment.models import Shipment, StatusUpdate, StoreShipping
from fulfillment.record import record
from inventory.models import Product, StockPush
from orders import backfill, hints, reconcile
from orders.fields import record as record_fields
from orders.keep import keep
from orders.models import (
    Backfill,
    CustomField,
    Job,
    Order,
    OrderHint,
    PaymentMapping,
    Reconciliation,
    UnmappedPayment,
)
from orders.spans import between_numbers
from stores import share_links, tokens
from stores.admin.standing import with_standing
from stores.audit import note
from stores.health import State, judge
from stores.models import (
    AlertHook,
    AlertRecipient,
    AuditEntry,
    Authenticator,
    Desktop,
    Exchange,
    Incident,
    Membership,
    Merchant,
    Notice,
    Problem,
    PullCursor,
    ShareLink,
    SignIn,
    Store,
    WebhookDelivery,
    WebhookSecret,
    WebhookSubscription,
)
from stores.seti import status_updates
from stores.seti.status_updates import Package
from stores.webhooks import issue
from tests.factories import make_desktop, make_merchant, make_store, raw_orders, without_lines

pytestmark = pytest.mark.django_db

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
FACTS = (
    *(Order, Exchange, Backfill, Reconciliation, CustomField, UnmappedPayment),
    *(Problem, Notice, Product, StockPush, Shipment, StatusUpdate, AuditEntry, SignIn),
    *(ShareLink, WebhookSubscription, WebhookDelivery),
)
SECRETS = {
    "token": "tok-3f9a-secret",
    "signing_key": "c2VjcmV0LXNpZ25pbmcta2V5",
    "passphrase": "a-passphrase-of-nobody",
    "basic_password": "basic-password-of-nobody",
}
HOOK_SECRETS = {"url": "https://hooks.example.com/a-secret-of-nobody", "secret": "a-signing-secret-of-nobody"}


@pytest.fixture
def support(client):
    """A client that is logged in as somebody who may do everything."""
    client.force_login(
        User.objects.create_superuser("support", "support@example.com", "correct-horse-battery")
    )
    return client


@pytest.fixture
def stranger(client):
    """A client that may log in and nothing else."""
    client.force_login(User.objects.create_user("stranger", password="correct-horse-battery", is_staff=True))
    return client


def populate(number: int = 1) -> dict[type, int]:
    """One row of every model; returns their keys."""
    merchant = make_merchant()
    store = make_store(merchant=merchant, basic_user="guest", **SECRETS)
    PullCursor.objects.filter(store=store).update(
        problem="The token is unknown.", remedy="Compare it.", problem_kind="locked"
    )
    user = User.objects.create_user(f"colleague-{number}", password="correct-horse-battery")
    keep(
        store,
        [raw_orders(1, seed=number)[0], without_lines(raw_orders(2, seed=number)[1])],
        fetched_at=timezone.now(),
        road="queue_ack",
    )
    order = Order.objects.of(store).first()
    rows = (
        *(merchant, store, user, order, Group.objects.create(name=f"Group {number}")),
        *logins(store),
        *jobs(store),
        *mappings(store, order, number),
        *outgoing(store, order),
        *people(store, user),
        *alerts(store, number),
        *subscriptions(store),
    )
    return {type(row): row.pk for row in rows}


def logins(store: Store) -> tuple[Any, ...]:
    """A desktop that was refused, a token, a webhook's address."""
    desktop, _ = make_desktop(store, last_seen_at=timezone.now(), client_version="7.732")
    refused = {"outcome": "refused", "error": "Invalid user name.", "response": "<SETIOrders>"}
    exchange = Exchange.objects.create(
        store=store, desktop=desktop, direction="desktop", function="downloadorders", milliseconds=12,
        request="setifunction=downloadorders", **refused,
    )  # fmt: skip
    token, _ = tokens.make(store.merchant, store, "Warehouse", ["orders:read"])
    issue(store)
    return desktop, exchange, token


def jobs(store: Store) -> tuple[Any, ...]:
    """A backfill that runs, a comparison that found something, a hint."""
    fetching = backfill.start(store, between_numbers("1-9"), estimated=9)
    Backfill.objects.filter(pk=fetching.pk).update(fetched=4, seconds=2, state=Job.State.RUNNING)
    compared = reconcile.start(store)
    Reconciliation.objects.filter(pk=compared.pk).update(
        planned=True, state=Job.State.DONE, finished_at=timezone.now(), missing=[7], missing_count=1
    )
    hints.record(store.pk, 77)
    return fetching, compared


def mappings(store: Store, order: Order, number: int) -> tuple[Any, ...]:
    """A custom field, a payment mapping, and a payment method that needs one."""
    record_fields(store, [{"code": f"field_{number}", "module": {"code": "customfields"}}], timezone.now())
    mapped = PaymentMapping.objects.create(store=store, module=f"gate{number}", element="CreditCard")
    unmapped = UnmappedPayment.objects.create(store=store, module="zippay", order_number=order.miva_id)
    return CustomField.objects.of(store).first(), mapped, unmapped


def outgoing(store: Store, order: Order) -> tuple[Any, ...]:
    """A shipment and what Stone Edge said of it, a product and its stock."""
    record(store, [status_updates.StatusUpdate(str(order.miva_id), "Shipped", packages=(Package("1Z1"),))])
    product = Product.objects.create(store=store, miva_id=7, code="mug", read_at=timezone.now(), seen_by=1)
    stock = StockPush.objects.create(store=store, sku="MUG", sku_key="mug", delta=2)
    shipment, told = Shipment.objects.get(store=store), StatusUpdate.objects.get(store=store)
    return shipment, told, StoreShipping.objects.get(pk=store.pk), product, stock


def people(store: Store, user: User) -> tuple[Any, ...]:
    """A session, a line of the trail, a member, a link for others."""
    session = SessionStore()
    session.create()
    signed_in = SignIn.objects.create(user=user, session_key=session.session_key, address="127.0.0.1")
    noted = note("pull now", store, reason="merchant called")
    member = Membership.objects.create(user=user, merchant=store.merchant)
    link, _ = share_links.make(store, "agency", 30)
    return signed_in, noted, member, link


def alerts(store: Store, number: int) -> tuple[Any, ...]:
    """An incident, a problem, who is told of it, and a message that was given up."""
    incident = Incident.objects.create(title="Slow answers", component="pulls")
    problem = Problem.objects.create(
        store=store, service="stock_to_miva", kind="drift", sentence="One is off."
    )
    person = AlertRecipient.objects.create(merchant=store.merchant, email=f"shop-{number}@example.com")
    hook = AlertHook.objects.create(merchant=store.merchant, name="Slack", **HOOK_SECRETS)
    given_up = {"subject": "Stock differs", "text": "One is off.", "parked_at": timezone.now()}
    notice = Notice.objects.create(recipient=person, purpose="alert", **given_up)
    return incident, problem, person, hook, notice


def subscriptions(store: Store) -> tuple[Any, ...]:
    """A program that is called when something happens, and a call that it did not take."""
    called = WebhookSubscription.objects.create(
        store=store, name="ERP", host="erp.example.com", **HOOK_SECRETS
    )
    given_up = {"parked_at": timezone.now(), "problem": "It answered 500."}
    call = WebhookDelivery.objects.create(
        store=store, subscription=called, event="order.kept", body="{}", **given_up
    )
    return called, call


def address(model: type, page: str, *arguments: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def all_pages(keys: dict[type, int]) -> list[str]:
    """Every page of the admin that shows rows."""
    pages = [reverse("admin:index")]
    for model in MODELS:
        pages.append(address(model, "changelist"))
        pages += [address(model, page, keys[model]) for page in ("change", "history")]
        pages += (
            []
            if model in (*FACTS, StoreShipping)
            else [address(model, "add"), address(model, "delete", keys[model])]
        )
    pages += [
        reverse(f"admin:stores_store_{page}", args=[keys[Store]])
        for page in ("password", "webhook", "translation")
    ]
    pages.append(reverse("admin:orders_backfill_new", args=[keys[Store]]))
    pages.append(reverse("admin:orders_backfill_progress", args=[keys[Backfill]]))
    pages.append(reverse("admin:orders_backfill_pause", args=[keys[Backfill]]))
    number = Order.objects.get(pk=keys[Order]).miva_id
    pages.append(f"{reverse('admin:stores_store_translation', args=[keys[Store]])}?order={number}")
    return [*pages, reverse("admin:orders_order_ignore", args=[keys[Order]])]


def test_the_registry_has_what_support_needs():
    assert {Merchant, Store, Desktop, *FACTS, User, Group} <= set(MODELS)
    assert not {WebhookSecret, OrderHint} & set(MODELS)  # each has its place on the store's page
    assert Authenticator not in MODELS  # on pages of its own, which show no secret but once


@pytest.mark.sqlite
def test_list_page_and_history_of_every_kind_open(support, subtests):
    keys = populate()
    for model in MODELS:
        with subtests.test(model.__name__):
            for page in (address(model, "changelist"), address(model, "change", keys[model])):
                assert support.get(page).status_code == 200, page
            history = support.get(address(model, "history", keys[model]), follow=True)
            assert history.context["cl"].model is AuditEntry


def test_what_can_be_edited_can_be_added_and_asked_to_be_deleted(support, subtests):
    keys = populate()
    for model in [model for model in MODELS if model not in (*FACTS, StoreShipping)]:
        with subtests.test(model.__name__):
            assert support.get(address(model, "add"), follow=True).status_code == 200
            assert support.get(address(model, "delete", keys[model])).status_code == 200


def test_facts_can_be_neither_added_nor_changed_nor_deleted(support, subtests):
    keys = populate()
    for model in FACTS:
        with subtests.test(model.__name__):
            assert support.get(address(model, "add")).status_code == 403
            assert support.post(address(model, "change", keys[model]), {}).status_code == 403
            assert support.post(address(model, "delete", keys[model]), {"post": "yes"}).status_code == 403
            assert model.objects.filter(pk=keys[model]).exists()


def test_every_page_refuses_who_has_no_permission(stranger, subtests):
    keys = populate()
    for model in MODELS:
        with subtests.test(model.__name__):
            pages = [address(model, "changelist"), address(model, "add")]
            pages += [address(model, page, keys[model]) for page in ("change", "delete", "history")]
            for page in pages:
                assert stranger.get(page).status_code == 403, page


@pytest.mark.parametrize("button", ["check", "pull", "password", "webhook"])
def test_the_buttons_of_a_store_refuse_who_has_no_permission(stranger, button):
    key = populate()[Store]
    page = reverse(f"admin:stores_store_{button}", args=[key])
    assert stranger.post(page).status_code == 403
    assert stranger.get(page).status_code == 403


@pytest.mark.parametrize("button", ["check", "pull", "push", "password", "webhook"])
def test_the_buttons_of_a_store_refuse_who_may_only_look(client, button):
    from django.contrib.auth.models import Permission

    user = User.objects.create_user("reader", password="correct-horse-battery", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)
    key = populate()[Store]
    assert client.get(address(Store, "change", key)).status_code == 200
    assert client.post(reverse(f"admin:stores_store_{button}", args=[key])).status_code == 403


def test_without_a_login_every_page_leads_to_the_login(client):
    for page in all_pages(populate()):
        response = client.get(page)
        assert response.status_code == 302, page
        assert "/admin/login/" in response["Location"], page


def queries(client, page: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(page).status_code == 200
    return len(captured)


def test_the_lists_ask_as_many_questions_for_twenty_rows_as_for_one(support):
    pages = [reverse("admin:index"), *(address(model, "changelist") for model in MODELS)]
    populate(1)
    for page in pages:
        queries(support, page)  # whatever is read once per process
    before = {page: queries(support, page) for page in pages}
    for number in range(2, 21):
        populate(number)
    assert {page: queries(support, page) for page in pages} == before


def test_no_list_counts_its_table(support, subtests):
    populate()
    for model in (Store, Desktop, Merchant, *FACTS):
        with subtests.test(model.__name__):
            with CaptureQueriesContext(connection) as captured:
                support.get(address(model, "changelist"), {"_facets": "True"})
            counts = [query["sql"] for query in captured if query["sql"].upper().startswith("SELECT COUNT(")]
            assert counts == []


@pytest.mark.sqlite
def test_no_page_holds_a_secret(support):
    keys = populate()
    sessions = [(f"session of {row.user}", row.session_key) for row in SignIn.objects.all()]
    hashes = [(f"hash of {row}", row.password_hash) for row in Desktop.objects.all()]
    hooks = [
        (part, getattr(row, part)) for row in WebhookSecret.objects.all() for part in ("secret", "digest")
    ]
    assert hooks
    for page in all_pages(keys):
        body = support.get(page).content.decode()
        for name, secret in [*SECRETS.items(), *HOOK_SECRETS.items(), *hashes, *hooks, *sessions]:
            assert secret not in body, f"{name} stands in {page}"


def test_typed_secrets_are_not_in_the_page_that_refuses_the_form_nor_in_the_history(support):
    keys = populate()
    page = address(Store, "change", keys[Store])
    refused = support.post(
        page, store_form(Store.objects.get(pk=keys[Store]), token="typed-token-77", interval_minutes="0")
    )
    assert refused.status_code == 200
    assert "typed-token-77" not in refused.content.decode()
    accepted = support.post(page, store_form(Store.objects.get(pk=keys[Store]), token="typed-token-78"))
    assert accepted.status_code == 302
    assert Store.objects.get(pk=keys[Store]).token == "typed-token-78"
    history = support.get(address(Store, "history", keys[Store]), follow=True)
    assert "store changed" in history.content.decode()
    assert "typed-token-78" not in history.content.decode()
    trail = AuditEntry.objects.get(verb="store changed")
    assert "typed-token" not in f"{trail.before} {trail.after}"


def store_form(store: Store, **changes: str) -> dict[str, str]:
    """What the browser sends when the store's form is saved; secret boxes are empty."""
    names = [
        "merchant_id",
        "name",
        "slug",
        "endpoint",
        "store_code",
        "digest",
        "identifier",
        "kits",
        "strategy",
        "queue_code",
        "interval_minutes",
        "page_size",
        "catalogue_hours",
        "untracked",
        "unknown_sku",
        "overlap_minutes",
        "number_overlap",
        "requests_per_second",
    ]
    data = {name.removesuffix("_id"): str(getattr(store, name)) for name in names}
    data |= {
        "active": "on",
        "timestamp": "on",
        "complete_only": "on",
        "start_from_0": "",
        "start_from_1": "",
        "basic_user": store.basic_user,
        "time_zone": "",
        "paused_reason": "",
    }
    return data | dict.fromkeys(SECRETS, "") | changes


def test_an_empty_secret_box_keeps_what_is_stored(support, settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True
    store = make_store(**SECRETS)
    response = support.post(address(Store, "change", store.pk), store_form(store, name="Renamed"))
    assert response.status_code == 302
    store.refresh_from_db()
    assert store.name == "Renamed"
    assert {name: getattr(store, name) for name in SECRETS} == SECRETS


def test_a_stored_secret_can_be_removed_and_is_never_rendered(support, settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True
    store = make_store(**SECRETS)
    body = support.get(address(Store, "change", store.pk)).content.decode()
    assert body.count("Remove what is stored") == len(SECRETS)
    assert not any(secret in body for secret in SECRETS.values())
    data = store_form(store) | {"passphrase-clear": "on", "basic_password-clear": "on"}
    assert support.post(address(Store, "change", store.pk), data).status_code == 302
    store.refresh_from_db()
    left = {name: getattr(store, name) for name in SECRETS}
    assert left == SECRETS | {"passphrase": "", "basic_password": ""}
    assert (
        support.get(address(Store, "change", store.pk)).content.decode().count("Remove what is stored") == 2
    )


def test_a_new_secret_and_its_removal_at_once_are_refused(support, settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True
    store = make_store(**SECRETS)
    data = store_form(store, passphrase="typed-just-now") | {"passphrase-clear": "on"}
    response = support.post(address(Store, "change", store.pk), data)
    assert "not both" in response.content.decode()
    assert "typed-just-now" not in response.content.decode()
    store.refresh_from_db()
    assert store.passphrase == SECRETS["passphrase"]


def test_a_tick_to_remove_a_secret_stays_when_another_box_is_wrong(support, settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True
    store = make_store(**SECRETS)
    data = store_form(store, interval_minutes="99999") | {"passphrase-clear": "on"}
    body = support.post(address(Store, "change", store.pk), data).content.decode()
    assert re.findall(r'name="([a-z_]+)-clear"[^>]* checked', body) == ["passphrase"]


def test_a_secret_that_no_key_reads_can_be_removed(support, settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True
    store = make_store(**SECRETS)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE stores_store SET passphrase = %s", [b"of another key"])
    data = store_form(store) | {"passphrase-clear": "on"}
    assert support.post(address(Store, "change", store.pk), data).status_code == 302
    store.refresh_from_db()
    assert (store.passphrase, type(store.passphrase)) == ("", str)


@pytest.mark.parametrize(("pulled", "warned"), [(True, True), (False, False)])
def test_a_store_that_may_have_become_another_one_is_warned_about(support, settings, pulled, warned):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True
    store = make_store()
    PullCursor.objects.update(last_good_at=timezone.now() if pulled else None)
    page = address(Store, "change", store.pk)
    answer = support.post(page, store_form(store, store_code="OTHER"), follow=True)
    assert ("two orders with the same number" in answer.content.decode()) == warned
    store.refresh_from_db()
    assert "same number" not in support.post(page, store_form(store, name="X"), follow=True).content.decode()


def test_the_settings_of_every_strategy_are_saved(support, settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True
    store = make_store()
    data = store_form(
        store,
        strategy="number",
        start_from_0="2026-11-01",
        start_from_1="05:00:00",
        overlap_minutes="90",
        number_overlap="200",
        requests_per_second="3",
    )
    del data["complete_only"]
    assert support.post(address(Store, "change", store.pk), data).status_code == 302
    store.refresh_from_db()
    assert store.start_from == datetime(2026, 11, 1, 5, tzinfo=UTC)
    numbers = store.overlap_minutes, store.number_overlap, store.requests_per_second
    assert (store.strategy, numbers, store.complete_only) == ("number", (90, 200, 3), False)


NOW = timezone.now()
CURSORS = {
    "nothing yet": {},
    "good a moment ago": {"last_good_at": NOW - timedelta(minutes=1)},
    "good at the edge": {"last_good_at": NOW - timedelta(minutes=31, seconds=59)},
    "good too long ago": {"last_good_at": NOW - timedelta(minutes=32, seconds=1)},
    "failed": {"last_good_at": NOW, "problem": "No.", "problem_kind": "down"},
    "failed before the first success": {"problem": "No.", "problem_kind": "locked"},
    "warned": {"last_good_at": NOW, "problem": "Hm.", "problem_kind": "warning"},
    "warned long ago": {"last_good_at": NOW - timedelta(days=1), "problem": "Hm.", "problem_kind": "warning"},
    "warned before the first success": {"problem": "Hm.", "problem_kind": "warning"},
    "being pulled": {"last_good_at": NOW, "leased_until": NOW + timedelta(minutes=2)},
    "died while it was pulled": {"last_good_at": NOW, "leased_until": NOW - timedelta(seconds=1)},
    "died, and failed before": {"problem": "No.", "problem_kind": "down", "leased_until": NOW},
}
STORES = {"plain": {}, "off": {"active": False}, "paused": {"paused_reason": "Moving"}}


@pytest.mark.sqlite
@pytest.mark.parametrize("cursor", CURSORS)
@pytest.mark.parametrize("store", STORES)
def test_the_list_sorts_and_filters_by_the_state_that_the_judge_gives(store, cursor):
    row = make_store(interval_minutes=15, **STORES[store])
    PullCursor.objects.filter(store=row).update(**CURSORS[cursor])
    row = with_standing(Store.objects.select_related("merchant", "cursor"), NOW).get(pk=row.pk)
    assert row.standing == judge(row, row.cursor, NOW)[0]
    assert list(State)[row.urgency] == row.standing


def test_a_store_without_a_cursor_and_one_of_a_merchant_that_is_off_are_judged_alike_too():
    bare, off, old = make_store(), make_store(merchant=make_merchant(active=False)), make_store()
    PullCursor.objects.filter(store__in=[bare, old]).delete()
    Store.objects.filter(pk=old.pk).update(created_at=NOW - timedelta(days=1))
    rows = {row.pk: row.standing for row in with_standing(Store.objects.all(), NOW)}
    assert rows == {bare.pk: "never", off.pk: "off", old.pk: "late"}
    assert judge(Store.objects.get(pk=old.pk), PullCursor(), NOW).state == State.LATE


def test_the_problem_filter_keeps_the_stores_that_need_somebody(support):
    well, ill = make_store(name="Well"), make_store(name="Ill")
    PullCursor.objects.filter(store=well).update(last_good_at=timezone.now())
    PullCursor.objects.filter(store=ill).update(problem="No.", problem_kind="down")
    page = address(Store, "changelist")
    assert shown(support.get(page, {"problem": "yes"})) == ["Ill"]
    assert shown(support.get(page, {"problem": "no"})) == ["Well"]
    assert shown(support.get(page)) == ["Ill", "Well"]


def test_the_merchant_filter_keeps_one_merchants_stores_and_the_rest_of_the_question(support):
    mine = make_store(name="Mine")
    make_store(name="Other")
    response = support.get(address(Store, "changelist"), {"merchant": mine.merchant_id, "problem": "yes"})
    assert shown(response) == ["Mine"]
    assert '<input type="hidden" name="problem" value="yes">' in response.content.decode()
    assert shown(support.get(address(Store, "changelist"), {"merchant": "nonsense"})) == []


def shown(response) -> list[str]:
    return [row.name for row in response.context["cl"].result_list]


def test_a_store_with_logins_or_orders_is_not_deleted_and_the_page_says_what_stands_in_the_way(support):
    key = populate()[Store]
    page = address(Store, "delete", key)
    body = support.get(page).content.decode()
    assert "desktop " in body
    assert "order " in body
    support.post(page, {"post": "yes"})
    assert Store.objects.filter(pk=key).exists()


def test_a_store_that_nothing_depends_on_is_deleted_with_its_journal(support):
    store = make_store()
    Exchange.objects.create(store=store, direction="miva", function="x", milliseconds=1, outcome="ok")
    support.post(address(Store, "delete", store.pk), {"post": "yes"})
    assert not Store.objects.filter(pk=store.pk).exists()
    assert not Exchange.objects.exists()


def test_a_merchant_with_a_store_is_not_deleted(support):
    store = make_store()
    support.post(address(Merchant, "delete", store.merchant_id), {"post": "yes"})
    assert Merchant.objects.filter(pk=store.merchant_id).exists()


def test_pages_beyond_fifty_rows_are_reached_by_previous_and_next(support):
    for number in range(51):
        Merchant.objects.create(name=f"M{number:02}", slug=f"m{number}")
    page = address(Merchant, "changelist")
    first, second = support.get(page), support.get(page, {"p": "2"})
    assert (len(first.context["cl"].result_list), len(second.context["cl"].result_list)) == (50, 1)
    assert 'rel="next"' in first.content.decode()
    assert 'rel="prev"' not in first.content.decode()
    assert 'rel="prev"' in second.content.decode()
    assert 'rel="next"' not in second.content.decode()


def test_a_list_in_the_order_of_its_key_is_paged_by_the_key_at_the_edge_and_skips_no_rows(support):
    store = make_store()
    Exchange.objects.bulk_create(
        Exchange(store=store, direction="miva", function=f"f{number}", milliseconds=1, outcome="ok")
        for number in range(120)
    )
    page = address(Exchange, "changelist")
    seen, query, pages = [], "", []
    while query is not None:
        with CaptureQueriesContext(connection) as captured:
            changelist = support.get(page + query).context["cl"]
        assert not any("OFFSET" in each["sql"] for each in captured)
        pages.append([row.pk for row in changelist.result_list])
        seen += pages[-1]
        query = changelist.next_page or None
    assert seen == sorted(Exchange.objects.values_list("pk", flat=True), reverse=True)
    assert [len(each) for each in pages] == [50, 50, 20]
    back = support.get(page + changelist.previous_page).context["cl"]
    assert [row.pk for row in back.result_list] == pages[1]
    first = support.get(page + back.previous_page).context["cl"]
    assert [row.pk for row in first.result_list] == pages[0]
    assert not first.previous_page


def test_rows_that_come_while_somebody_reads_shift_no_page(support):
    common = {"direction": "miva", "function": "f", "milliseconds": 1, "outcome": "ok"}
    Exchange.objects.bulk_create(Exchange(**common) for _ in range(60))
    oldest = sorted(Exchange.objects.values_list("pk", flat=True), reverse=True)[50:]
    page = address(Exchange, "changelist")
    further = support.get(page).context["cl"].next_page
    Exchange.objects.bulk_create(Exchange(**common) for _ in range(30))
    assert [row.pk for row in support.get(page + further).context["cl"].result_list] == oldest


@pytest.mark.parametrize(
    "page", ["0", "-1", "99999999999", "x", "before-0", "after-0", "before-x", "after-999999999999999999"]
)
def test_a_page_that_cannot_be_is_no_error(support, page):
    populate()
    assert support.get(address(Exchange, "changelist"), {"p": page}).status_code in (200, 302)


def test_the_first_page_tells_nothing_to_who_may_not_see_stores(stranger):
    populate()
    response = stranger.get(reverse("admin:index"))
    assert response.status_code == 200
    assert "console" not in response.context
    assert "token is unknown" not in response.content.decode()


def test_the_exchange_list_leaves_the_bodies_in_the_database(support):
    populate()
    with CaptureQueriesContext(connection) as captured:
        support.get(address(Exchange, "changelist"))
    assert not any('"stores_exchange"."response"' in query["sql"] for query in captured)


@pytest.mark.parametrize(
    "question",
    [
        {"q": "downloadord"},
        {"q": "user name"},
        {"outcome__exact": "refused"},
        {"direction__exact": "desktop"},
        {"function": "downloadorders"},
    ],
)
def test_conversations_are_found_by_words_and_filters(support, question):
    keys = populate()
    Exchange.objects.create(direction="miva", function="OrderList_Load_Query", milliseconds=1, outcome="ok")
    rows = support.get(address(Exchange, "changelist"), question).context["cl"].result_list
    assert [row.pk for row in rows] == [keys[Exchange]]


def test_a_conversation_shows_request_and_response_as_text(support):
    keys = populate()
    body = support.get(address(Exchange, "change", keys[Exchange])).content.decode()
    assert "setifunction=downloadorders</pre>" in body
    assert "&lt;SETIOrders&gt;</pre>" in body


def test_the_system_checks_find_nothing_wrong():
    call_command("check")


def test_the_stores_are_sorted_by_a_column_when_somebody_chooses_one(support):
    for name in ("B", "A", "C"):
        PullCursor.objects.filter(store=make_store(name=name)).update(last_good_at=timezone.now())
    PullCursor.objects.filter(store__name="C").update(problem="No.", problem_kind="down")
    page = address(Store, "changelist")
    assert shown(support.get(page))[0] == "C"
    assert shown(support.get(page, {"o": "1"})) == ["A", "B", "C"]
    assert "sorted ascending" not in support.get(page).content.decode()
    assert "sorted ascending" in support.get(page, {"o": "1"}).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "due"),
    [
        ({"queue_code": "my_queue"}, True),
        ({"interval_minutes": "5"}, True),
        ({"token": "typed"}, True),
        ({"kits": "parts"}, False),
    ],
)
def test_a_change_that_may_mend_or_speed_up_the_pull_makes_the_store_due(support, change, due):
    store = make_store()
    later = timezone.now() + timedelta(hours=23)
    PullCursor.objects.filter(store=store).update(due_at=later)
    support.post(address(Store, "change", store.pk), store_form(store, **change))
    assert (PullCursor.objects.get(store=store).due_at < later) is due


@pytest.mark.parametrize("model", [Order, Shipment, StockPush, Exchange], ids=lambda model: model.__name__)
def test_a_list_shows_one_merchants_rows(support, model):
    keys = populate(1)
    populate(2)
    merchant = model.objects.get(pk=keys[model]).store.merchant
    rows = support.get(address(model, "changelist"), {"merchant": merchant.pk}).context["cl"].result_list
    assert {row.store.merchant for row in rows} == {merchant}
    nobodys = support.get(address(model, "changelist"), {"merchant": "0"}).context["cl"].result_list
    assert not nobodys
