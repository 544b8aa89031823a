"""The payment table of a store: whose row decides, what is refused, and what is noted as unmapped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.keep import keep
from orders.models import Order, PaymentMapping, TranslationSettings, UnmappedPayment
from orders.payment_mappings import forget_mapped, payment_methods
from orders.release import rejudge
from orders.rules import rules_for
from orders.translate import translate
from stores.seti import responses as seti
from tests.factories import later, make_store, raw_orders
from tests.orders.translate.orders_of_miva import order, payment

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def store():
    return make_store()


def mapping(**fields) -> PaymentMapping:
    row = PaymentMapping(**{"element": "Generic1"} | fields)
    row.full_clean()
    row.save()
    return row


def sent(store, record):
    (one,) = translate(order(payments=[record]), rules_for(store)).order.payments
    return one


def paid_by(code: str, number: int = 1, **members) -> dict:
    record = payment(code, **members)
    raw = raw_orders(1)[0]
    return raw | {"id": number, "payments": [record | {"amount": raw["total"]}]}


def keep_all(store, *raws, seconds: int = 0):
    return keep(store, raws, fetched_at=NOW + timedelta(seconds=seconds), road="queue_ack")


def noted() -> list[tuple]:
    return list(
        UnmappedPayment.objects.order_by("pk").values_list("module", "description", "count", "order_number")
    )


def test_without_mappings_the_standard_decides(store):
    assert isinstance(sent(store, payment("paypal")), seti.PayPal)


def test_a_mapping_for_all_stores_beats_the_standard_and_the_stores_own_beats_both(store):
    mapping(module="paypal*", name="Everywhere")
    assert sent(store, payment("paypal")).name == "Everywhere"
    mapping(store=store, module="paypal*", name="Here")
    assert sent(store, payment("paypal")).name == "Here"
    assert sent(make_store(), payment("paypal")).name == "Everywhere"


def test_the_position_decides_among_the_rows_of_a_store(store):
    mapping(store=store, module="pay*", name="Second", position=20)
    mapping(store=store, module="paypal", name="First", position=10)
    assert sent(store, payment("paypal")).name == "First"


def test_a_mapping_that_is_switched_off_is_not_asked(store):
    mapping(module="paypal*", name="Off", enabled=False)
    assert isinstance(sent(store, payment("paypal")), seti.PayPal)


def test_module_and_description_must_both_fit(store):
    mapping(module="gate*", description="wire transfer", name="Wire")
    assert sent(store, payment("gateway", description="International Wire-Transfer!")).name == "Wire"
    assert sent(store, payment("gateway", description="Wired transfer")).name != "Wire"
    assert sent(store, payment("other", description="Wire transfer")).name != "Wire"


def test_a_mapping_may_hold_for_payments_without_a_module_code_only(store):
    mapping(description="zip", without_module=True, element="PayPal")
    assert type(sent(store, payment("", description="Zip"))) is seti.PayPal
    assert type(sent(store, payment("acme", description="Zip"))) is seti.Generic1


def test_the_card_brand_may_decide_and_the_issuer_is_what_the_desktop_knows(store):
    mapping(module="authnet", description="amex, american express", element="CreditCard", name="Amex Corp")
    assert sent(store, payment("authnet", cardbrand="American Express")).issuer == "Amex Corp"
    assert sent(store, payment("authnet", cardbrand="Visa")).issuer == "Visa"


def test_the_mapping_says_which_keys_hold_what(store):
    mapping(
        module="acme",
        element="CreditCard",
        last_four_key="Tail",
        expiry_key="valid_until",
        authorization_key="Bank-Ref",
        transaction_key="acmeId",
        avs_key="street",
        cvv_result_key="Check",
    )
    data = {"tail": "x4242", "validUntil": "2030-09", "bank_ref": "B7", "acme_id": "T9"}
    data |= {"street": "Y", "check": "M"}
    card = sent(store, payment("acme", refnum="r1", cardbrand="Visa", data=data))
    assert (card.number, card.expiration_date, card.auth_code) == ("4242", "09/2030", "B7")
    assert (card.trans_id, card.avs, card.verification_value) == ("T9", "Y", "M")


def test_the_table_takes_one_query(store):
    mapping(module="acme")
    mapping(store=store, module="other")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        payment_methods(store)
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"module": "^pay"}, "module", "'^pay' holds '^', which no module code has."),
        ({"module": "ok, pay(pal"}, "module", "'pay(pal' holds '(', which no module code has."),
        ({"module": "a*b*c*d*e"}, "module", "'a*b*c*d*e' has more than 3 stars."),
        ({"description": "visa|amex"}, "description", "'visa|amex' holds '|', which has no meaning here."),
        ({"description": "*"}, "description", "'*' has no letter and no digit, so it would fit everything."),
        ({"module": "*"}, "module", "This would fit every payment."),
        ({}, "module", "This would fit every payment."),
        ({"without_module": True}, "module", "This would fit every payment."),
        ({"without_module": True, "module": "a", "description": "b"}, "module", "This would fit no payment"),
        ({"module": "a", "avs_key": "avs, --"}, "avs_key", "'--' has no letter and no digit."),
    ],
)
def test_a_pattern_that_cannot_work_is_refused_by_name(fields, field, sentence):
    with pytest.raises(ValidationError) as refused:
        mapping(**fields)
    assert refused.value.message_dict[field][0].startswith(sentence)


def test_a_payment_of_a_method_that_nobody_mapped_is_noted_once_per_method(store):
    keep_all(
        store, paid_by("acme", 1, description="Acme 12345"), paid_by("acme", 2, description="Acme 67890")
    )
    keep_all(store, paid_by("other", 3), seconds=60)
    assert noted() == [("acme", "Acme #", 2, 2), ("other", "", 1, 3)]


def test_an_order_that_comes_again_unchanged_is_not_counted_again_and_a_changed_one_is(store):
    raw = paid_by("acme")
    keep_all(store, raw)
    keep_all(store, raw, seconds=60)
    assert noted() == [("acme", "", 1, 1)]
    keep_all(store, later(raw, ship_fname="Changed"), seconds=120)
    assert noted() == [("acme", "", 2, 1)]


def test_of_each_store_its_own_is_noted(store):
    other = make_store()
    keep_all(store, paid_by("acme"))
    keep_all(other, paid_by("acme"))
    assert UnmappedPayment.objects.of(store).count() == UnmappedPayment.objects.of(other).count() == 1


def test_a_page_without_unmapped_methods_writes_nothing_about_them(store):
    with CaptureQueriesContext(connection) as queries:
        keep_all(store, *raw_orders(20))
    assert not [query for query in queries if "unmapped" in query["sql"]]


def test_a_page_with_many_takes_one_statement(store):
    with CaptureQueriesContext(connection) as queries:
        keep_all(store, *(paid_by(f"acme{number}", number) for number in range(1, 9)))
    assert len([query for query in queries if "unmapped" in query["sql"]]) == 1


def test_what_is_mapped_by_now_is_forgotten_for_the_stores_that_the_mapping_holds_for(store):
    other = make_store()
    keep_all(store, paid_by("acme", 1), paid_by("odd", 2))
    keep_all(other, paid_by("acme", 1))
    mapping(store=store, module="acme")
    assert forget_mapped() == 1
    assert set(UnmappedPayment.objects.values_list("store", "module")) == {
        (store.pk, "odd"),
        (other.pk, "acme"),
    }
    mapping(module="acme")
    assert forget_mapped() == 1


def test_a_mapping_is_effective_for_orders_that_are_here_already(store):
    keep_all(store, paid_by("acme", refnum="r1"))
    mapping(module="acme", name="Acme Pay")
    rejudge(store, only_waiting=False)
    [row] = Order.objects.all()
    assert translate(row.raw, rules_for(store)).order.payments[0].name == "Acme Pay"


def test_a_method_of_an_order_that_is_released_is_noted_once(store):
    raw = paid_by("acme", 1)
    keep_all(store, raw | {"total": raw["total"] + 1})
    assert noted() == []
    TranslationSettings.objects.create(store=store, tolerance="1.00")
    for _ in range(2):
        rejudge(store, only_waiting=False)
    assert [(module, count, number) for module, _, count, number in noted()] == [("acme", 1, 1)]
