"""What orders add to the store's page and to the first page about backfills, comparisons and what waits for Miva."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone

from orders import backfill, hints, reconcile
from orders.admin.stores import MOST_COUNTED, at_most
from orders.keep import keep
from orders.models import Backfill, Job, ReceivedPage, Reconciliation
from orders.spans import between_numbers
from stores.models import PullCursor
from tests.factories import make_store, raw_orders

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(client):
    """A client that is logged in as somebody who may do everything."""
    client.force_login(
        User.objects.create_superuser("support", "support@example.com", "correct-horse-battery")
    )
    return client


@pytest.fixture
def store():
    return make_store()


def store_page(client, store):
    return client.get(reverse("admin:stores_store_change", args=[store.pk]))


def compared(store, *, hours: float = 1, **fields) -> Reconciliation:
    """A comparison of some hours ago."""
    row = reconcile.start(store)
    given = {"planned": True, "state": Job.State.DONE, "finished_at": timezone.now() - timedelta(hours=hours)}
    Reconciliation.objects.filter(pk=row.pk).update(**given | fields)
    return row


def test_the_strip_counts_incomplete_and_hinted_orders_and_received_pages(support, store):
    raw = raw_orders(1)[0] | {"payments": [], "total": 12}
    keep(store, [raw], fetched_at=timezone.now(), road="queue_ack")
    for number in (7, 8):
        hints.record(store.pk, number)
    ReceivedPage.objects.create(store=store, orders=[])
    facts = dict(store_page(support, store).context["facts"])
    assert facts["Incomplete, waiting for a payment"] == "1"
    assert facts["Named by a webhook, not fetched yet"] == "2"
    assert facts["Pages received, not unpacked yet"] == "1"


def test_received_pages_are_not_spoken_of_while_there_are_none(support, store):
    assert "Pages received, not unpacked yet" not in dict(store_page(support, store).context["facts"])


def test_a_number_that_was_counted_to_the_end_of_counting_says_so():
    assert (at_most(MOST_COUNTED - 1), at_most(MOST_COUNTED)) == ("999", "1,000 or more")


def test_the_page_shows_the_overlap_that_the_last_pull_by_number_used(support, store):
    assert "no pull by order number yet" in store_page(support, store).content.decode()
    PullCursor.objects.update(number_overlap=4321)
    assert "4,321 numbers" in store_page(support, store).content.decode()


def test_the_page_has_a_sentence_of_advice_for_every_strategy(support, store):
    body = store_page(support, store).content.decode()
    assert all(f"<strong>{strategy.label}:</strong>" in body for strategy in type(store).Strategy)


def test_the_page_leads_to_ranges_and_comparisons_of_this_store(support, store):
    body = store_page(support, store).content.decode()
    for name in ("orders_backfill_new", "orders_reconciliation_compare"):
        assert reverse(f"admin:{name}", args=[store.pk]) in body
    for name in ("orders_backfill", "orders_reconciliation"):
        assert f"{reverse(f'admin:{name}_changelist')}?store={store.pk}" in body


def test_who_may_only_look_sees_no_button_that_would_refuse_him(client, store):
    user = User.objects.create_user("reader", password="correct-horse-battery", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)
    body = store_page(client, store).content.decode()
    for words in ("Fetch a range again", "Compare now", "Pull now", "Check connection", "Webhook address"):
        assert words not in body
    assert "Reconciliations" in body


def console(client) -> dict:
    return client.get(reverse("admin:index")).context["console"]


def test_the_first_page_lists_backfills_that_are_under_way_and_no_others(support, store):
    running = backfill.start(store, between_numbers("1-9"), estimated=8)
    Backfill.objects.update(state=Job.State.RUNNING, fetched=4)
    backfill.cancel(backfill.start(store, between_numbers("20-29"), estimated=8))
    ((_, line, words, percent),) = console(support)["backfills"]
    assert reverse("admin:orders_backfill_change", args=[running.pk]) in line
    assert (words, percent) == ("4 of about 8 orders", 50)
    assert "Backfills under way" in support.get(reverse("admin:index")).content.decode()


def test_the_first_page_tells_how_many_orders_last_nights_comparisons_missed(support, store):
    compared(store, hours=25, missing_count=50)  # the night before
    compared(store, missing_count=2)
    compared(make_store(), missing_count=3)
    compared(make_store())
    compared(make_store(), hours=30, missing_count=70)
    compared(make_store(), planned=False, missing_count=100)
    compared(make_store(), state=Job.State.FAILED, missing_count=9)
    assert console(support)["missing"] == (5, 2, 3)
    assert "5 in 2 stores" in support.get(reverse("admin:index")).content.decode()


def test_the_first_page_tells_nothing_of_what_a_person_may_not_see(client, store):
    user = User.objects.create_user("reader", password="correct-horse-battery", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_store"))
    client.force_login(user)
    backfill.start(store, between_numbers("1-9"), estimated=8)
    compared(store, missing_count=2)
    assert (console(client)["backfills"], console(client)["missing"]) == ([], None)
    body = client.get(reverse("admin:index")).content.decode()
    assert reverse("admin:orders_backfill_changelist") not in body


def test_comparisons_are_filtered_by_what_they_found(support, store):
    missing, extra, nothing = (
        compared(store, missing_count=1),
        compared(store, extra_count=1),
        compared(store),
    )
    page = reverse("admin:orders_reconciliation_changelist")
    wanted = {"missing": {missing.pk}, "different": {missing.pk, extra.pk}, "nothing": {nothing.pk}}
    for choice, keys in wanted.items():
        rows = support.get(page, {"found": choice}).context["cl"].result_list
        assert {row.pk for row in rows} == keys
