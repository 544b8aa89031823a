"""Settings are copied from another store: first shown, then done; never secrets."""

from __future__ import annotations

import html

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from config.copying import GROUPS, copy_settings, differences
from fulfillment.models import CarrierMapping, StatusMeaning
from orders.models import CustomFieldMapping, PaymentMapping, Rejudgement, TranslationSettings
from stores.fields import EncryptedTextField
from stores.models import AuditEntry, Store
from tests.factories import make_store

pytestmark = pytest.mark.django_db


@pytest.fixture
def source():
    """A store that is set up as its merchant wants it."""
    store = make_store(
        strategy=Store.Strategy.DATE, interval_minutes=5, identifier="sku", token="its-own-token"
    )
    TranslationSettings.objects.create(store=store, discounts="lines", discount_sku="RABATT")
    CustomFieldMapping.objects.create(store=store, code="po_number", action="rename", name="PO")
    PaymentMapping.objects.create(store=store, module="netbanx*", element="card")
    StatusMeaning.objects.create(store=store, label="Handed over", meaning="shipped")
    CarrierMapping.objects.create(store=store, carrier="Bob", tracking_type="BobsVan")
    return store


@pytest.fixture
def target():
    return make_store(token="the-token-of-the-target")


def test_every_group_is_the_same_after_it_was_copied(source, target):
    copy_settings(source, target, GROUPS)
    source.refresh_from_db()
    target.refresh_from_db()
    assert [each for group in GROUPS.values() for each in differences(group, source, target)] == []
    assert (target.strategy, target.interval_minutes, target.identifier) == ("date", 5, "sku")
    assert TranslationSettings.objects.get(store=target).discount_sku == "RABATT"
    assert CustomFieldMapping.objects.get(store=target).name == "PO"
    assert PaymentMapping.objects.get(store=target).module == "netbanx*"
    assert StatusMeaning.objects.get(store=target).meaning == "shipped"
    assert CarrierMapping.objects.get(store=target).tracking_type == "BobsVan"


def test_only_the_chosen_group_is_copied_and_what_the_target_had_in_it_is_replaced(source, target):
    StatusMeaning.objects.create(store=target, label="Gone", meaning="ignore")
    assert copy_settings(source, target, ["shipping"]) == [GROUPS["shipping"]]
    target.refresh_from_db()
    assert target.strategy == Store.Strategy.QUEUE_ACK
    assert [row.label for row in StatusMeaning.objects.filter(store=target)] == ["Handed over"]


def test_the_trail_of_a_store_names_the_source_only_where_it_is_the_same_merchants(source, target):
    sibling = make_store(merchant=source.merchant)
    for store in (target, sibling):
        copy_settings(source, store, ["strategy"])
    entries = AuditEntry.objects.filter(verb="settings copied")
    assert entries.get(store=sibling).reason == f"from {source}"
    assert source.name not in entries.get(store=target).reason


def test_no_group_holds_a_secret_or_the_way_to_the_store():
    secrets = {field.name for field in Store._meta.fields if isinstance(field, EncryptedTextField)}
    copied = {name for group in GROUPS.values() for name in group.fields}
    assert not copied & (secrets | {"endpoint", "store_code", "basic_user", "name", "slug", "merchant"})


def test_waiting_orders_are_judged_again_with_what_was_copied(source, target):
    copy_settings(source, target, ["translation"])
    assert Rejudgement.objects.filter(store=target).exists()


def test_copying_what_is_the_same_changes_nothing_and_notes_nothing(source, target):
    copy_settings(source, target, GROUPS)
    AuditEntry.objects.count()
    before = AuditEntry.objects.count()
    source.refresh_from_db()
    target.refresh_from_db()
    assert copy_settings(source, target, GROUPS) == []
    assert AuditEntry.objects.count() == before


def test_the_page_shows_the_differences_first_and_copies_when_that_is_confirmed(client, source, target):
    client.force_login(
        User.objects.create_superuser("support", "support@example.com", "correct-horse-battery")
    )
    address = reverse("admin:stores_store_copy", args=[target.pk])
    given = {"source": source.pk, "groups": ["strategy", "shipping"]}
    assert "Show what would change</button>" in client.get(address).content.decode()
    shown = client.post(address, given)
    page = html.unescape(shown.content.decode())
    assert "Copy settings</button>" in page
    assert "Show again</button>" in page
    assert "Status meaning Handed over" in page
    assert "Date range" in page
    assert "its-own-token" not in page
    assert not StatusMeaning.objects.filter(store=target).exists()
    sure = given | {"sure": "yes", "seen": shown.context["seen"]}
    other_choice = sure | {"groups": ["strategy"]}
    assert client.post(address, other_choice).status_code == 200  # not what was shown
    assert client.post(address, sure).status_code == 302
    target.refresh_from_db()
    assert target.strategy == "date"
    entry = AuditEntry.objects.filter(verb="settings copied", store=target).last()
    assert entry.reason == f"from store {source.pk}, of another merchant"


@pytest.mark.parametrize(
    ("groups", "judged"), [(["shipping", "stock"], False), (["payments", "stock"], True)]
)
def test_orders_are_said_to_be_judged_only_when_what_was_copied_judges_them(
    client, source, target, groups, judged
):
    client.force_login(
        User.objects.create_superuser("support", "support@example.com", "correct-horse-battery")
    )
    address = reverse("admin:stores_store_copy", args=[target.pk])
    given = {"source": source.pk, "groups": groups}
    seen = client.post(address, given).context["seen"]
    page = client.post(address, given | {"sure": "yes", "seen": seen}, follow=True).content.decode()
    assert "copied to 1 store." in page
    assert ("Waiting orders are judged again." in page) is judged


def test_a_store_is_not_copied_to_itself(client, source):
    client.force_login(
        User.objects.create_superuser("support", "support@example.com", "correct-horse-battery")
    )
    answer = client.post(
        reverse("admin:stores_store_copy", args=[source.pk]), {"source": source.pk, "groups": ["stock"]}
    )
    assert "choose another one" in html.unescape(answer.content.decode())
