"""The guided form that connects a store, step by step."""

from __future__ import annotations

import html

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from orders.models import CustomField
from orders.places import goes_to
from orders.rules import rules_for
from stores import cursors
from stores import setup as setups
from stores.models import AuditEntry, Desktop, Merchant, Store, StoreSetup
from stores.sandbox import SandboxStore, serve
from tests.factories import make_merchant, make_store, store_of

pytestmark = pytest.mark.django_db(transaction=True)
BEGIN = "admin:stores_store_connect"


@pytest.fixture(autouse=True)
def _sandbox_is_allowed(settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = True


@pytest.fixture
def support(client):
    client.force_login(
        User.objects.create_superuser("support", "support@example.com", "correct-horse-battery")
    )
    return client


@pytest.fixture
def server():
    with serve(SandboxStore(seed=3, orders=4)) as running:
        yield running


@pytest.fixture
def begun(server):
    """A store that is being connected."""
    return StoreSetup.objects.create(store=store_of(server.store, server))


def given(**more: str) -> dict[str, str]:
    """What is typed into the first step."""
    return {
        "merchant_name": "Acme Mugs",
        "name": "Acme Web",
        "endpoint": "https://127.0.0.1:9/mm5/json.mvc",
        "store_code": "ACME",
        "token": "a-token",
        "signing_key": "c2lnbmluZy1rZXk",
        "digest": "sha256",
        "timestamp": "on",
    } | more


def step(begun: StoreSetup, number: int) -> str:
    return reverse("admin:stores_store_connect_step", args=[begun.pk, number])


def text(response) -> str:
    return html.unescape(response.content.decode())


def test_the_first_step_creates_merchant_and_store_paused_so_that_the_clock_leaves_it_alone(support):
    response = support.post(reverse(BEGIN), given())
    store = Store.objects.get()
    assert response["Location"] == step(store.setup, 2)
    assert (store.merchant.name, store.token) == ("Acme Mugs", "a-token")
    assert store.paused_reason == setups.BEING_CONNECTED
    assert cursors.take(store.created_at) is None
    assert not Desktop.objects.exists()
    assert AuditEntry.objects.get(verb="store connected").after["token"] == "set"


def test_a_merchant_who_is_there_is_chosen(support):
    merchant = make_merchant(name="Acme Mugs")
    support.post(reverse(BEGIN), given(known=str(merchant.pk), merchant_name=""))
    assert Store.objects.get().merchant == merchant
    assert Merchant.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"merchant_name": ""}, "Choose the merchant from the list, or enter the name of a new one."),
        ({"signing_key": ""}, "Enter the key that Miva shows beside the token"),
        ({"endpoint": "not an address"}, "Enter a valid URL"),
        ({"time_zone": "Mars/Olympus"}, "is not a time zone"),
    ],
)
def test_what_cannot_be_is_said_beside_its_box_and_nothing_is_created(support, wrong, sentence):
    page = text(support.post(reverse(BEGIN), given(**wrong)))
    assert sentence in page
    assert "a-token" not in page
    assert not Store.objects.exists()
    assert not Merchant.objects.exists()


def test_secrets_whose_boxes_are_empty_stay(support, begun):
    token = begun.store.token
    kept = given(name="Renamed", endpoint=begun.store.endpoint, token="", signing_key="")
    assert support.post(step(begun, 1), kept)["Location"] == step(begun, 2)
    store = Store.objects.get()
    assert (store.name, store.token) == ("Renamed", token)


def test_the_check_is_kept_and_says_what_is_missing_with_the_remedy(support, server, begun):
    server.store.granted_functions = {"OrderList_Load_Query", "OrderCustomFieldList_Load"}
    support.post(step(begun, 2), {"check": "yes"})
    page = text(support.get(step(begun, 2)))
    assert "but it may not use OrderItemList_CreateShipment" in page
    assert "failed" in page
    assert StoreSetup.objects.get().checks


def test_a_store_that_is_connected_for_another_merchant_is_named_until_that_one_is_switched_off(
    support, begun
):
    assert "Connected twice" not in text(support.get(step(begun, 2)))
    other = make_store(endpoint=begun.store.endpoint, store_code=begun.store.store_code.lower())
    make_store(endpoint=begun.store.endpoint, store_code="ANOTHER")
    page = text(support.get(step(begun, 2)))
    assert page.count("Connected twice") == 1
    assert f"{other.merchant} · {other.name}" in page
    Store.objects.filter(pk=other.pk).update(active=False)
    assert "Connected twice" not in text(support.get(step(begun, 2)))


def test_the_advice_follows_what_the_check_has_found(server, begun):
    assert [each.fits for each in setups.advise(begun)] == [None] * 5
    setups.look(begun)
    best = setups.advise(begun)[0]
    assert (best.strategy, best.fits) == ("queue_ack", True)
    assert begun.queues
    assert begun.knows_updates


def test_an_older_miva_is_not_advised_to_use_the_last_update(begun, server):
    server.store.version = "10.02.00"
    setups.look(begun)
    fits = {each.strategy: each.fits for each in setups.advise(begun)}
    assert fits["updated"] is False
    assert fits["date"] is True


def test_without_the_acknowledgement_another_strategy_is_the_best(begun, server):
    server.store.granted_functions = {"OrderList_Load_Query", "OrderCustomFieldList_Load"}
    setups.look(begun)
    best = setups.advise(begun)[0]
    assert (best.strategy, best.fits) == ("updated", True)


def test_a_queue_that_miva_does_not_have_is_refused(support, begun):
    setups.look(begun)
    wrong = {"strategy": "queue_ack", "queue_code": "nosuch", "interval_minutes": "15"}
    page = text(support.post(step(begun, 3), wrong | {"identifier": "code", "kits": "parent"}))
    assert "Miva has no queue nosuch" in page


def test_the_fields_of_a_store_that_is_paused_are_asked_for_at_once(support, begun):
    Store.objects.update(paused_reason=setups.BEING_CONNECTED)
    page = text(support.post(step(begun, 4), {"ask": "yes"}, follow=True))
    field = CustomField.objects.of(begun.store).first()
    assert str(field) in page
    assert goes_to(field, rules_for(begun.store)) in page


def test_the_password_is_shown_once_and_is_on_no_other_page(support, begun):
    mark = support.get(step(begun, 6)).context["stamp"]
    answer = support.post(step(begun, 6), {"desktop": "new", "stamp": mark})
    password = answer.context["password"]
    assert password in text(answer)
    assert "no-store" in answer["Cache-Control"]
    for number in range(1, 8):
        assert password not in text(support.get(step(begun, number)))
    again = support.post(step(begun, 6), {"desktop": "new", "stamp": mark})
    assert again.status_code == 302
    assert Desktop.objects.count() == 1


def test_the_sheet_is_mailed_without_the_password(support, begun, mailoutbox):
    mark = support.get(step(begun, 6)).context["stamp"]
    password = support.post(step(begun, 6), {"desktop": "new", "stamp": mark}).context["password"]
    support.post(step(begun, 6), {"to": "owner@example.com"})
    (mail,) = mailoutbox
    assert mail.to == ["owner@example.com"]
    assert password not in mail.body
    for words in (
        Desktop.objects.get().username,
        "Send Status To Web",
        "GenericImportMethod",
        "by telephone",
    ):
        assert words in mail.body
    assert AuditEntry.objects.get(verb="sheet for Stone Edge sent").after == {"to": "owner@example.com"}


def test_an_address_that_is_none_is_refused(support, begun, mailoutbox):
    page = text(support.post(step(begun, 6), {"to": "nobody"}, follow=True))
    assert "as in owner@example.com" in page
    assert mailoutbox == []


def test_the_first_pull_ends_the_pause_and_the_page_says_how_it_went(support, begun):
    from orders.pull import pull

    Store.objects.update(paused_reason=setups.BEING_CONNECTED, strategy="date")
    assert "Start the first pull" in text(support.get(step(begun, 7)))
    support.post(step(begun, 7))
    store = Store.objects.get()
    assert store.paused_reason == ""
    assert "It begins within a minute." in text(support.get(step(begun, 7), {"part": "progress"}))
    pull(store)
    assert "4 orders fetched" in text(support.get(step(begun, 7), {"part": "progress"}))


def test_a_first_pull_that_fails_says_why(support, server, begun):
    from orders.pull import pull
    from stores.miva.errors import MivaError

    setups.finish(begun)
    Store.objects.update(token="wrong")
    with pytest.raises(MivaError):
        pull(Store.objects.get())
    page = text(support.get(step(begun, 7)))
    assert "Failed" in page
    assert "What to do:" in page


def test_going_back_forgets_nothing(support, begun):
    support.get(step(begun, 5))
    support.get(step(begun, 2))
    assert StoreSetup.objects.get().reached == 5
    assert step(begun, 5) in text(support.get(reverse(BEGIN)))


def test_adding_a_store_leads_to_the_guided_form(support):
    assert support.get(reverse("admin:stores_store_add"))["Location"] == reverse(BEGIN)


def test_who_may_not_add_stores_is_refused_every_step(client, begun):
    user = User.objects.create_user("reader", password="correct-horse-battery", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)
    for address in (reverse(BEGIN), *(step(begun, number) for number in range(1, 8))):
        assert client.get(address).status_code == 403
        assert client.post(address, given()).status_code == 403
    assert client.get(reverse("admin:stores_store_legacy")).status_code == 200


def test_a_step_that_there_is_not_is_not_found(support, begun):
    assert support.get(step(begun, 8)).status_code == 404
    assert (
        support.get(reverse("admin:stores_store_connect_step", args=[make_store().pk, 2])).status_code == 404
    )


def test_every_legacy_module_of_the_guide_is_listed_with_what_replaces_it(support):
    page = text(support.get(reverse("admin:stores_store_legacy")))
    for module in ("Addendum", "Additional Checkout Data Pro", "Viking Coders Inventory Manager"):
        assert module in page


def test_a_store_that_is_connected_is_changed_on_its_own_page(support, begun):
    setups.finish(begun)
    page = reverse("admin:stores_store_change", args=[begun.pk])
    token = begun.store.token
    for number in (1, 3, 6):
        assert support.get(step(begun, number))["Location"] == page
        assert support.post(step(begun, number), given(token="another", desktop="new"))["Location"] == page
    assert Store.objects.get().token == token
    assert not Desktop.objects.exists()


def test_a_pause_that_somebody_else_has_made_outlives_the_form(support, begun):
    Store.objects.update(paused_reason="The merchant moves to another server.")
    support.post(step(begun, 7))
    assert Store.objects.get().paused_reason == "The merchant moves to another server."


def test_a_token_that_is_entered_in_the_form_begins_to_age(support, begun):
    assert begun.store.token_set_at is None
    support.post(step(begun, 1), given(name="Renamed", endpoint=begun.store.endpoint))
    assert Store.objects.get().token_set_at is not None


def test_what_the_check_did_not_come_to_is_not_said_to_have_failed(support, begun):
    Store.objects.update(token="wrong")
    support.post(step(begun, 2), {"check": "yes"})
    page = text(support.get(step(begun, 2)))
    assert "1 of 20 failed" in page
    assert "18 did not come to their turn" in page
    assert [each.fits for each in setups.advise(StoreSetup.objects.get())] == [None] * 5
    assert AuditEntry.objects.filter(verb="check connection").count() == 1
