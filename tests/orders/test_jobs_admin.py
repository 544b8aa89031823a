"""The support team's pages about backfills and comparisons: what they ask, what they do, whom they refuse."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone

from orders import backfill
from orders.models import Backfill, Job, Reconciliation
from orders.spans import Span, between_numbers
from stores.models import AuditEntry
from stores.sandbox import SandboxStore, serve
from tests.factories import make_store, store_of

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct-horse-battery"


@pytest.fixture
def support(client):
    """A client that is logged in as somebody who may do everything."""
    client.force_login(User.objects.create_superuser("support", "support@example.com", PASSWORD))
    return client


@pytest.fixture
def reader(client):
    """A client that may look at everything and do nothing."""
    user = User.objects.create_user("reader", password=PASSWORD, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)
    return client


@pytest.fixture
def store():
    with serve(SandboxStore(seed=2, orders=12)) as server:
        yield store_of(server.store, server)


@pytest.fixture
def row():
    return backfill.start(make_store(), Span(since=datetime(2026, 1, 1, tzinfo=UTC)), estimated=200)


def form_of(store) -> str:
    return reverse("admin:orders_backfill_new", args=[store.pk])


def decide(row, decision: str) -> str:
    return reverse(f"admin:orders_backfill_{decision}", args=[row.pk])


def test_the_number_of_orders_is_shown_before_anything_starts(support, store):
    page = support.post(form_of(store), {"kind": "dates", "since": "2020-01-01"}).content.decode()
    assert "about 12 orders" in page
    assert not Backfill.objects.exists()


def test_starting_writes_the_job_down_once_however_often_the_button_is_pressed(support, store):
    given = {"kind": "dates", "since": "2026-11-01", "until": "2026-11-02", "estimated": "12", "start": "yes"}
    for _ in range(2):
        response = support.post(form_of(store), given)
        row = Backfill.objects.get()
        assert response["Location"] == reverse("admin:orders_backfill_change", args=[row.pk])
    assert (row.estimated, row.created_by.username, row.store) == (12, "support", store)
    assert (row.until - row.since).total_seconds() == (48 + 1) * 3600  # in New York the clocks were put back
    assert AuditEntry.objects.filter(actor_name="support").count() == 1


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"kind": "dates"}, "first day"),
        ({"kind": "dates", "since": "2026-11-21", "until": "2026-11-01"}, "2026-11-01"),
        ({"kind": "numbers", "first": "abc"}, "abc"),
        ({"kind": "numbers", "first": "20", "last": "10"}, "20-10"),
    ],
)
def test_a_range_that_cannot_be_meant_is_explained(support, store, given, named):
    page = support.post(form_of(store), given).content.decode()
    assert "Not started" in page
    assert named in page


def test_a_miva_that_cannot_be_asked_is_explained(support):
    page = support.post(form_of(make_store()), {"kind": "numbers", "first": "1"})
    assert (page.status_code, "Not started" in page.content.decode()) == (200, True)


def test_the_page_shows_how_far_it_is(support, row):
    Backfill.objects.update(
        fetched=50, seconds=10, state=Job.State.RUNNING, problem="Miva is away.", remedy="Wait."
    )
    page = support.get(reverse("admin:orders_backfill_change", args=[row.pk])).content.decode()
    for words in (
        'value="25"',
        "5.0 orders a second",
        "about 30 seconds",
        "Miva is away.",
        "Wait.",
        "progress.js",
    ):
        assert words in page


def test_the_part_that_renews_itself_says_whether_it_goes_on(support, row):
    address = reverse("admin:orders_backfill_progress", args=[row.pk])
    assert "data-open" in support.get(address).content.decode()
    backfill.cancel(row)
    assert "data-open" not in support.get(address).content.decode()


@pytest.mark.parametrize(
    ("before", "decision", "after"),
    [
        ("waiting", "pause", "paused"),
        ("paused", "go_on", "waiting"),
        ("failed", "go_on", "waiting"),
        ("paused", "cancel", "cancelled"),
    ],
)
def test_a_decision_is_asked_about_first_and_then_done(support, row, before, decision, after):
    Backfill.objects.update(state=before)
    assert support.get(decide(row, decision)).status_code == 200
    assert Backfill.objects.get().state == before
    support.post(decide(row, decision), {"sure": "yes"})
    assert Backfill.objects.get().state == after
    assert AuditEntry.objects.filter(actor_name="support").count() == 1


def test_a_decision_that_comes_too_late_changes_nothing_and_says_so(support, row):
    Backfill.objects.update(state=Job.State.DONE)
    page = support.post(decide(row, "cancel"), {"sure": "yes"}, follow=True).content.decode()
    assert "Nothing was changed: it is further than that by now." in page


def test_a_backfill_of_a_store_that_is_off_says_why_it_waits(support, row):
    type(row.store).objects.update(active=False)
    assert (
        "switched off" in support.get(reverse("admin:orders_backfill_change", args=[row.pk])).content.decode()
    )


def test_who_may_only_look_is_refused_every_button(reader, row):
    assert reader.get(reverse("admin:orders_backfill_change", args=[row.pk])).status_code == 200
    for address in (form_of(row.store), decide(row, "pause"), decide(row, "cancel")):
        assert reader.get(address).status_code == 403
        assert reader.post(address).status_code == 403
    compare = reverse("admin:orders_reconciliation_compare", args=[row.store.pk])
    assert reader.post(compare).status_code == 403
    assert Backfill.objects.get().state == Job.State.WAITING


def test_who_may_not_look_is_refused_the_progress(client, row):
    client.force_login(User.objects.create_user("stranger", password=PASSWORD, is_staff=True))
    assert client.get(reverse("admin:orders_backfill_progress", args=[row.pk])).status_code == 403


def test_both_lists_open(support, row):
    backfill.start(row.store, between_numbers("1-9"), estimated=9)
    Reconciliation.objects.create(store=row.store, missing=[7], missing_count=1, state=Job.State.DONE)
    assert "orders 1 to 9" in support.get(reverse("admin:orders_backfill_changelist")).content.decode()
    address = reverse("admin:orders_reconciliation_changelist")
    assert "Compare now" not in support.get(address).content.decode()
    assert "Compare now" in support.get(address, {"store": row.store.pk}).content.decode()


def test_compare_now_asks_for_one_comparison_however_often_it_is_pressed(support, store):
    for _ in range(2):
        response = support.post(reverse("admin:orders_reconciliation_compare", args=[store.pk]))
        found = Reconciliation.objects.get()
        assert response["Location"] == reverse("admin:orders_reconciliation_change", args=[found.pk])
    assert (found.store, found.planned, found.not_before <= timezone.now()) == (store, False, True)


def test_a_result_lists_the_differences_and_how_many_more_there_are(support):
    found = Reconciliation.objects.create(
        store=make_store(), state=Job.State.DONE, until=timezone.now(), compared=900,
        missing=[1001, 1002], missing_count=700, extra=[1005], extra_count=1,
    )  # fmt: skip
    page = support.get(reverse("admin:orders_reconciliation_change", args=[found.pk])).content.decode()
    for words in ("1001, 1002 and 698 more", "1005", "there are differences", "deleted or archived"):
        assert words in page
