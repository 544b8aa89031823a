"""A store's settings and custom field mappings: what they accept, and the rules that they become."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Field

from orders import serve, settings
from orders.keep import keep
from orders.models import CustomFieldMapping, Order, Rejudgement, TranslationSettings
from orders.models.translation import RULES
from orders.rules import rules_for, settings_of
from orders.settings import ChangedMeanwhile
from orders.translate import Rules
from orders.translate.rules import CHOICES, CUSTOM_FIELD_ACTIONS, CustomFieldRule
from stores.models import Store
from tests.factories import as_sent, make_store, raw_orders

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def store():
    return make_store()


def mapped(store: Store, **given: str) -> CustomFieldMapping:
    fields = {
        "module": "customfields",
        "code": "po_number",
        "action": "rename",
        "name": "Purchase order",
    } | given
    mapping = CustomFieldMapping(store=store, **fields)
    mapping.full_clean()
    mapping.save()
    return mapping


def test_a_store_without_settings_has_the_defaults_of_the_rules(store):
    defaults = Rules(identifier=store.identifier, kits=store.kits, time_zone=store.zone)
    assert rules_for(store) == defaults
    assert not TranslationSettings.objects.exists()


def test_every_rule_is_set_somewhere():
    elsewhere = {"identifier", "kits", "time_zone", "custom_field_rules", "payment_methods"}
    assert {field.name for field in fields(Rules)} == elsewhere | set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_every_setting_arrives_in_the_rules(store, name):
    other = {
        "tolerance": Decimal("0.10"),
        "discounts": "lines",
        "discount_sku": "MINUS",
        "coupon_sku": "MINUS-C",
        "notes_to": "instructions",
        "comments_to": "nowhere",
        "gift_message_to": "comments",
        "custom_fields_as": "comments",
        "signifyd_field": "signifyd:decision",
        "ascii_only": True,
        "line_breaks": "crlf",
    }[name]
    before = getattr(rules_for(store), name)
    TranslationSettings.objects.create(store=store, **{name: other})
    assert getattr(rules_for(store), name) == other != before


def test_the_choices_of_the_boxes_are_those_of_the_rules():
    for name, choices in CHOICES:
        model = Store if name in ("identifier", "kits") else TranslationSettings
        field: Field = model._meta.get_field(name)
        assert tuple(value for value, _ in field.choices) == choices, name
    assert tuple(CustomFieldMapping.Action.values) == CUSTOM_FIELD_ACTIONS


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("tolerance", "-0.01"),
        ("tolerance", "1.01"),
        ("tolerance", "NaN"),
        ("discounts", "both"),
        ("discount_sku", "  "),
        ("coupon_sku", "A\nB"),
        ("coupon_sku", "A" * 256),
        ("notes_to", "printer"),
        ("signifyd_field", "decision"),
        ("signifyd_field", ":decision"),
        ("line_breaks", "lf"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_at_its_box(store, name, wrong):
    with pytest.raises(ValidationError) as refused:
        TranslationSettings(store=store, **{name: wrong}).full_clean()
    assert list(refused.value.message_dict) == [name]


def test_a_mapping_becomes_a_rule(store):
    mapped(store)
    mapped(store, module="", code="colour", action="comment", name="")
    assert rules_for(store).custom_field_rules == (
        CustomFieldRule("", "colour", "comment"),
        CustomFieldRule("customfields", "po_number", "rename", "Purchase order"),
    )


def test_a_field_cannot_be_renamed_to_nothing(store):
    with pytest.raises(ValidationError, match="Enter the name that customfields:po_number has in Stone Edge"):
        mapped(store, name=" ")


def test_a_field_that_is_left_out_has_no_name(store):
    assert mapped(store, action="drop").name == ""


def test_a_field_has_one_mapping_however_its_capitals_are_written(store):
    mapped(store)
    with pytest.raises(IntegrityError), transaction.atomic():
        CustomFieldMapping.objects.create(store=store, module="CustomFields", code="PO_Number", action="drop")
    mapped(make_store())  # another store's is no matter


def test_rules_are_read_with_as_many_queries_for_twenty_mappings_as_for_one(store, django_assert_num_queries):
    mapped(store)
    with django_assert_num_queries(3):
        rules_for(store)
    for number in range(20):
        mapped(store, code=f"field_{number}")
    with django_assert_num_queries(3):
        rules_for(store)


def test_a_mapping_is_effective_at_the_next_download_without_a_pull(store):
    raw = as_sent(raw_orders(1)[0]) | {"CustomField_Values": {"customfields": {"po_number": "PO-7"}}}
    keep(store, [raw], fetched_at=Order._meta.get_field("kept_at").default(), road="queue_ack")
    [before] = serve.batch(store, serve.select(store, "", None), 1, 10)[1]
    assert "<FieldName>po_number</FieldName><FieldValue>PO-7</FieldValue>" in before
    mapped(store)
    [after] = serve.batch(store, serve.select(store, "", None), 1, 10)[1]
    assert "<FieldName>Purchase order</FieldName><FieldValue>PO-7</FieldValue>" in after


def changed(store: Store, *mappings: CustomFieldMapping, seen: int = 0, **given: object) -> None:
    chosen = settings_of(store)
    for name, value in given.items():
        setattr(chosen, name, value)
    settings.change(store, chosen, mappings, {}, seen=seen, by=None)


def test_a_change_saves_settings_and_mappings_together_and_asks_for_the_orders_to_be_judged(store):
    gone = mapped(store, code="old")
    changed(store, CustomFieldMapping(store=store, code="new", action="drop"), ascii_only=True)
    assert rules_for(store).ascii_only
    assert [str(each) for each in CustomFieldMapping.objects.all()] == ["new"]
    assert not CustomFieldMapping.objects.filter(pk=gone.pk).exists()
    assert Rejudgement.objects.get(store=store).position == 0


def test_what_somebody_else_has_saved_meanwhile_is_not_overwritten(store):
    changed(store, ascii_only=True)
    with pytest.raises(ChangedMeanwhile):
        changed(store, CustomFieldMapping(store=store, code="new", action="drop"), seen=0)
    assert rules_for(store).ascii_only
    assert not CustomFieldMapping.objects.exists()
    changed(store, seen=1, ascii_only=False)
    assert settings_of(store).version == 2


def test_settings_of_one_store_are_no_other_stores(store):
    other = make_store()
    changed(store, CustomFieldMapping(store=store, code="new", action="drop"), ascii_only=True)
    assert not rules_for(other).ascii_only
    assert rules_for(other).custom_field_rules == ()
