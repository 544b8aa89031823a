"""The translation page: settings and mappings are tried on orders, kept or pasted, and saved only when somebody says so."""

from __future__ import annotations

import html
import json
import re

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orders import preview, serve
from orders.fields import record
from orders.keep import keep
from orders.models import (
    CustomFieldMapping,
    FieldDiscovery,
    Order,
    Rejudgement,
    TranslationSettings,
)
from orders.rules import rules_for, rules_of, settings_of
from stores.miva import shapes
from stores.models import AuditEntry, Store
from tests.factories import as_sent, make_desktop, make_store, raw_orders, without_lines
from tests.orders.test_payment_mappings import paid_by

pytestmark = pytest.mark.django_db
MODULE = {"code": "customfields", "name": "Custom Fields"}
CARD = "4111111111111111"


@pytest.fixture
def support(client):
    client.force_login(User.objects.create_superuser("support", "support@example.com", "correct-horse"))
    return client


@pytest.fixture
def store():
    return make_store()


def with_field(raw: dict, **fields: str) -> dict:
    return as_sent(raw) | {"CustomField_Values": {"customfields": fields or {"po_number": "PO-7"}}}


def kept(store: Store, *raws: dict) -> list[Order]:
    keep(store, raws, fetched_at=timezone.now(), road="queue_ack")
    return [Order.objects.get(store=store, miva_id=raw["id"]) for raw in raws]


def address(store: Store) -> str:
    return reverse("admin:stores_store_translation", args=[store.pk])


def sent(store: Store, *mappings: tuple[str, str, str], **changes: object) -> dict:
    """What the browser sends when nothing was changed but this."""
    saved = settings_of(store)
    form = {field: getattr(saved, field) for field in saved_names()}
    form |= {"identifier": store.identifier, "kits": store.kits, "seen": saved.version}
    form |= {"mappings-TOTAL_FORMS": len(mappings), "mappings-INITIAL_FORMS": 0}
    for number, values in enumerate(mappings):
        names = (f"mappings-{number}-{name}" for name in ("field", "action", "name"))
        form |= dict(zip(names, values, strict=True))
    form |= changes
    return {name: value for name, value in form.items() if value is not False}


def saved_names() -> list[str]:
    hidden = ("store", "version", "changed_at", "changed_by")
    return [field.name for field in TranslationSettings._meta.concrete_fields if field.name not in hidden]


RENAMED = ("customfields:po_number", "rename", "Purchase order")


def text(response) -> str:
    return html.unescape(response.content.decode())


def tried(client, store: Store, *mappings: tuple[str, str, str], **changes: object):
    return client.post(address(store), sent(store, *mappings, **{"try": "yes"} | changes))


def saved(client, store: Store, *mappings: tuple[str, str, str], **changes: object):
    return client.post(address(store), sent(store, *mappings, **{"save": "yes"} | changes))


@pytest.mark.sqlite
def test_the_page_shows_what_is_saved_and_the_order_under_it(support, store):
    [order] = kept(store, with_field(raw_orders(1)[0]))
    page = support.get(address(store), {"order": order.miva_id})
    assert page.context["document"] == preview.document(order.raw, rules_for(store))
    assert "<FieldName>po_number</FieldName>" in text(page)
    assert f'"id": {order.miva_id}' in text(page)
    assert "What is saved" in text(page)


def test_the_newest_orders_are_offered_first_those_that_are_held(support, store):
    raws = raw_orders(4)
    kept(store, without_lines(raws[0]), *raws[1:])
    kept(make_store(), raw_orders(1)[0])
    offered = support.get(address(store)).context["orders_offered"]
    assert [number for number, _ in offered] == [raws[at]["id"] for at in (0, 3, 2, 1)]
    assert offered[0][1].startswith("Held, ")
    assert offered[1][1].startswith(f"Ready, {raws[3]['total']}, ")


def test_a_payment_method_that_nobody_has_mapped_is_named_with_the_way_to_a_mapping(support, store):
    paid = paid_by("zippay", description="Zip Pay")
    page = text(tried(support, store, pasted=shapes.encode(as_sent(paid)).decode()))
    assert "Its payment method “zippay / Zip Pay” is in no payment mapping" in page
    address_of_list = f"{reverse('admin:orders_unmappedpayment_changelist')}?store={store.pk}"
    assert address_of_list in page
    assert support.get(address_of_list).status_code == 200


def test_a_held_order_is_named_once(support, store):
    [order] = kept(store, without_lines(raw_orders(1)[0]))
    page = support.get(address(store), {"order": order.miva_id})
    assert page.context["standing"] == "is held: it has no lines."


def test_the_members_of_what_miva_sent_are_sorted_by_name(support, store):
    [order] = kept(store, raw_orders(1)[0])
    page = support.get(address(store), {"order": order.miva_id})
    names = [line.split('"')[1] for line in page.context["raw_text"].splitlines() if line.startswith('  "')]
    assert names == sorted(names)


@pytest.mark.sqlite
def test_trying_shows_the_difference_and_saves_nothing(support, store):
    [order] = kept(store, with_field(raw_orders(1)[0]))
    page = tried(support, store, RENAMED, order=order.miva_id, kits="parts")
    lines = page.context["lines"]
    assert [line.text.strip() for line in lines if line.kind == "gone"] == [
        "<FieldName>po_number</FieldName>"
    ]
    assert [line.text.strip() for line in lines if line.kind == "new"] == [
        "<FieldName>Purchase order</FieldName>"
    ]
    assert "It would be sent differently." in text(page)
    assert "Of the one order that is held or waits for Stone Edge, 1 would be sent differently." in text(page)
    for model in (TranslationSettings, CustomFieldMapping, Rejudgement, AuditEntry):
        assert not model.objects.exists(), model
    assert Store.objects.get(pk=store.pk).kits == "parent"


def test_what_is_tried_is_what_is_sent_after_saving(support, store):
    [order] = kept(store, with_field(raw_orders(1)[0]))
    shown = tried(support, store, RENAMED, order=order.miva_id).context["document"]
    assert saved(support, store, RENAMED).status_code == 302
    [rendered] = serve.batch(store, serve.select(store, "", None), 1, 1)[1]
    assert rendered in shown.exact


def test_saving_notes_who_changed_what_and_has_the_orders_judged_again(
    support, store, django_capture_on_commit_callbacks, monkeypatch
):
    told = []
    monkeypatch.setattr(
        "orders.admin.translation.rejudge_store.apply_async", lambda arguments, **_: told.append(arguments)
    )
    with django_capture_on_commit_callbacks(execute=True):
        page = saved(support, store, RENAMED, discounts="lines", identifier="sku")
    assert page.status_code == 302
    assert told == [(store.pk,)]
    assert Rejudgement.objects.get().store == store
    assert Store.objects.get(pk=store.pk).identifier == "sku"
    assert TranslationSettings.objects.get(store=store).changed_by.username == "support"
    noted = AuditEntry.objects.get()
    assert (noted.verb, noted.actor_name) == ("translation settings saved", "support")
    assert set(noted.after) == {"identifier", "discounts", "mappings"}


def test_saving_what_is_saved_already_changes_nothing(support, store):
    saved(support, store, RENAMED)
    page = saved(support, store, RENAMED)
    assert page.status_code == 302
    assert AuditEntry.objects.count() == 1
    assert settings_of(store).version == 1


def test_a_row_that_is_emptied_is_removed(support, store):
    saved(support, store, RENAMED, ("colour", "drop", ""))
    saved(support, store, ("", "rename", "Purchase order"), ("colour", "drop", ""))
    assert [str(each) for each in CustomFieldMapping.objects.all()] == ["colour"]


def test_whoever_saves_second_is_told_and_loses_nothing_that_he_typed(support, store):
    before = sent(store, RENAMED, save="yes")
    saved(support, store, ascii_only="on")
    page = support.post(address(store), before)
    assert "Somebody else has saved these settings" in text(page)
    assert 'value="Purchase order"' in text(page)
    assert not CustomFieldMapping.objects.exists()
    assert rules_for(store).ascii_only


def test_a_change_on_the_stores_own_page_meanwhile_is_not_written_back(support, store):
    from tests.stores.test_admin import store_form

    before = sent(store, save="yes", ascii_only="on")
    support.post(reverse("admin:stores_store_change", args=[store.pk]), store_form(store, kits="parts"))
    page = support.post(address(store), before)
    assert "Somebody else has saved these settings" in text(page)
    assert Store.objects.get(pk=store.pk).kits == "parts"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tolerance": "much"}, "Enter an amount with a point before the cents"),
        ({"tolerance": "-1"}, "greater than or equal to 0"),
        ({"discount_sku": ""}, "This field is required"),
        ({"signifyd_field": "decision"}, "with a colon between them"),
        ({"notes_to": "printer"}, "printer is not one of the available choices"),
        ({"mappings-0-name": " "}, "Enter the name that customfields:po_number has in Stone Edge"),
        ({"mappings-0-field": "customfields:"}, "Write Miva's field code"),
        ({"mappings-1-field": "CustomFields:PO_number", "mappings-TOTAL_FORMS": 2}, "stands in two rows"),
    ],
)
def test_what_makes_no_sense_is_said_in_words_and_nothing_is_saved(support, store, changes, words):
    page = saved(support, store, RENAMED, **{"mappings-1-action": "drop"} | changes)
    assert page.status_code == 200
    assert words in text(page)
    assert not TranslationSettings.objects.exists()
    assert not CustomFieldMapping.objects.exists()


def test_more_rows_can_be_asked_for_without_losing_what_was_typed(support, store):
    page = support.post(address(store), sent(store, RENAMED, rows="yes"))
    assert len(page.context["mappings"].forms) == 3
    assert 'value="Purchase order"' in text(page)


def test_the_fields_that_miva_listed_are_offered_and_any_other_may_be_typed(support, store):
    record(store, [{"code": "po", "name": "PO", "type": "text", "module": MODULE}], timezone.now())
    record(make_store(), [{"code": "others", "module": MODULE}], timezone.now())
    page = support.get(address(store))
    assert page.context["offered"] == [("customfields:po", "PO, text, Custom Fields")]
    assert saved(support, store, ("somewhere:else", "comment", "")).status_code == 302


def test_a_held_order_says_why_and_that_it_would_be_released(support, store):
    raw = raw_orders(1)[0]
    [order] = kept(store, as_sent(raw) | {"total": raw["total"] + type(raw["total"])("0.10")})
    page = tried(support, store, order=order.miva_id)
    assert order.reason in text(page)
    page = tried(support, store, order=order.miva_id, tolerance="0.10")
    assert "It is held with the saved settings, and would be released." in text(page)
    assert "0 would be sent differently, 1 would be released." in text(page)


def test_an_order_that_would_be_held_is_counted_as_such(support, store):
    TranslationSettings.objects.create(store=store, tolerance="0.10")
    raw = raw_orders(1)[0]
    [order] = kept(store, as_sent(raw) | {"total": raw["total"] + type(raw["total"])("0.10")})
    page = tried(support, store, order=order.miva_id, tolerance="0.02")
    assert "It would be held, and is not with the saved settings." in text(page)
    assert "0 would be sent differently, 1 would be held." in text(page)


def test_only_orders_that_wait_are_counted(support, store):
    raws = [with_field(raw) for raw in raw_orders(5)]
    raws[4] = without_lines(raws[4])
    orders = kept(store, *raws)
    serve.note_download(make_desktop(store)[0], orders[:2])
    kept(make_store(), *raws)
    page = tried(support, store, RENAMED)
    assert "Of the 3 orders that are held or wait for Stone Edge, 2 would be sent differently." in text(page)


def test_the_count_stops_at_a_limit_and_says_so(store):
    kept(store, *[with_field(raw) for raw in raw_orders(4)])
    changed = rules_of(store, settings_of(store), [CustomFieldMapping(code="po_number", action="drop")])
    found = preview.effect(store, rules_for(store), changed, most=3)
    assert (found.looked_at, found.altered, found.more) == (3, 3, True)
    found = preview.effect(store, rules_for(store), changed, most=4)
    assert (found.looked_at, found.altered, found.more) == (4, 4, False)


def test_another_stores_order_cannot_be_looked_at(support, store):
    [order] = kept(make_store(), raw_orders(1)[0])
    page = tried(support, store, order=order.miva_id)
    assert f"This store has no order {order.miva_id} here" in text(page)
    assert page.context["document"] is None


@pytest.mark.parametrize("number", ["abc", "-1", "1e3", "' or 1=1", "٣"])
def test_what_is_no_order_number_is_refused_in_words(support, store, number):
    assert "An order number has digits only." in text(tried(support, store, order=number))


def pasted(raw: dict) -> str:
    return shapes.encode(raw).decode()


def with_card(raw: dict) -> dict:
    data = {"cc_number": CARD, "cvv": "737", "cc_exp": "12/29"}
    payments = [as_sent(payment) | {"data": data} for payment in raw["payments"]]
    return as_sent(raw) | {
        "payments": payments,
        "notes": [{"id": 1, "user_id": 1, "notetext": f"Card {CARD}"}],
    }


@pytest.mark.parametrize(
    "wrap", [lambda raw: raw, lambda raw: {"success": 1, "data": {"total_count": 1, "data": [raw]}}]
)
def test_a_pasted_order_is_translated_freed_of_card_data_and_stored_nowhere(support, store, wrap):
    raw = with_card(with_field(raw_orders(1)[0]))
    page = tried(support, store, RENAMED, pasted=pasted(wrap(raw)))
    body = text(page)
    assert "<FieldName>Purchase order</FieldName>" in body
    assert CARD not in body
    assert not re.search(r"(?<!\d)737(?!\d)", body)  # nor as a number of its own
    assert json.loads(page.context["raw_text"])["id"] == raw["id"]
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("paste", "words"),
    [
        (f'{{"id": 1, "note": "{CARD}', "This is not whole JSON"),
        (CARD, "no order of Miva's"),
        ("[]", "no order of Miva's"),
        ('{"code": "shirt"}', "it has neither an id nor items"),
        ('[{"id": 1}, {"id": 2}]', "These are 2 orders. Paste one at a time."),
        ("[" * 100_000, "nested too deeply|not whole JSON"),
        ("NaN", "not whole JSON"),
        ('{"id": 5}', "orderdate is missing|Order 5"),
        ('{"id": 5, "items": 7, "payments": {"a": 1}}', "Order 5"),
    ],
)
def test_what_is_no_order_is_answered_in_words_without_being_repeated(support, store, paste, words):
    page = tried(support, store, pasted=paste)
    assert page.status_code == 200
    assert any(each in text(page) for each in words.split("|"))
    assert CARD not in text(page)


def test_an_order_in_the_pages_address_is_a_number_and_never_a_document(support, store):
    page = support.get(address(store), {"pasted": pasted(raw_orders(1)[0])})
    assert page.context["document"] is None


def test_the_order_page_leads_to_the_preview_with_that_order(support, store):
    [order] = kept(store, raw_orders(1)[0])
    page = text(support.get(reverse("admin:orders_order_change", args=[order.pk])))
    assert f'href="{address(store)}?order={order.miva_id}#result"' in page


def test_the_page_asks_as_many_questions_for_many_orders_and_mappings_as_for_one(support, store):
    orders = kept(store, with_field(raw_orders(1)[0]))

    def questions() -> int:
        with CaptureQueriesContext(connection) as captured:
            tried(support, store, ("other", "drop", ""), order=orders[0].miva_id)
        return len(captured)

    questions()  # whatever is read once per process
    before = questions()
    kept(store, *[with_field(raw) for raw in raw_orders(30)])
    record(store, [{"code": f"c{n}", "module": MODULE} for n in range(30)], timezone.now())
    CustomFieldMapping.objects.bulk_create(
        CustomFieldMapping(store=store, code=f"c{number}", action="drop") for number in range(30)
    )
    assert questions() == before


def logged_in(client, *permissions: str):
    user = User.objects.create_user("colleague", password="correct-horse", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


def test_who_may_only_look_can_try_and_cannot_save(client, store):
    reader = logged_in(client, "view_store", "view_translationsettings", "view_order")
    [order] = kept(store, with_field(raw_orders(1)[0]))
    page = tried(reader, store, RENAMED, order=order.miva_id)
    assert "It would be sent differently." in text(page)
    assert 'name="save"' not in text(page)
    assert "Ask Miva now" not in text(page)
    assert saved(reader, store, RENAMED).status_code == 403
    assert reader.post(reverse("admin:stores_store_discover", args=[store.pk])).status_code == 403
    assert not TranslationSettings.objects.exists()
    assert not FieldDiscovery.objects.exists()


def test_who_may_not_see_orders_sees_none_here_either(client, store):
    reader = logged_in(client, "view_store", "change_translationsettings")
    [order] = kept(store, raw_orders(1)[0])
    assert reader.get(address(store)).status_code == 200
    assert reader.get(address(store), {"order": order.miva_id}).status_code == 403


def test_who_may_not_change_stores_cannot_change_what_stands_on_the_store(client, store):
    colleague = logged_in(client, "view_store", "change_translationsettings")
    saved(colleague, store, identifier="sku", ascii_only="on")
    assert rules_for(Store.objects.get(pk=store.pk)).ascii_only
    assert Store.objects.get(pk=store.pk).identifier == "code"


def test_who_has_no_permission_is_refused(client, store):
    stranger = logged_in(client)
    assert stranger.get(address(store)).status_code == 403
    assert tried(stranger, store).status_code == 403


def test_the_button_asks_miva_for_the_fields_and_pressed_twice_it_is_one_question(support, store):
    for _ in range(2):
        page = support.post(reverse("admin:stores_store_discover", args=[store.pk]), follow=True)
    assert "Asking Miva" in text(page)
    assert FieldDiscovery.objects.get().state == "waiting"


def test_a_change_of_kits_on_the_stores_own_page_has_its_orders_judged_again(support, store):
    from tests.stores.test_admin import store_form

    page = reverse("admin:stores_store_change", args=[store.pk])
    support.post(page, store_form(store, interval_minutes="30"))
    assert not Rejudgement.objects.exists()
    support.post(page, store_form(Store.objects.get(pk=store.pk), kits="parts"))
    assert Store.objects.get(pk=store.pk).kits == "parts"
    assert Rejudgement.objects.get().store == store
