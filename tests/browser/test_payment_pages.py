"""Payment mappings in a real browser: from an unmapped method by a form with a preview to a saved mapping."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from orders.keep import keep
from orders.models import PaymentMapping, UnmappedPayment
from tests.browser.looking import serious
from tests.factories import make_merchant, make_store
from tests.orders.test_payment_mappings import paid_by

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def store():
    store = make_store(merchant=make_merchant(name="Acme Tools"), name="Acme")
    PaymentMapping.objects.create(
        store=store, module="authnet*", description="amex", element="CreditCard", name="American Express"
    )
    raws = [
        paid_by("zippay", number, description="Zip Pay", refnum=f"zp-{number}", data={"Zip_Auth": "A7"})
        for number in (501, 502)
    ]
    keep(store, raws, fetched_at=timezone.now(), road="queue_ack")
    return store


@pytest.fixture
def signed_in(open_page, log_in):
    return lambda **how: log_in(open_page(**how))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_from_an_unmapped_payment_to_a_mapping_with_a_preview(signed_in, store, picture, scheme):
    page = signed_in(scheme=scheme)
    page.goto(reverse("admin:orders_unmappedpayment_changelist"))
    picture(page, f"unmapped-payments-{scheme}")
    assert serious(page) == []
    page.click("text=Make a mapping")
    page.fill("#id_name", "Zip")
    page.click("button[name=_preview]")
    page.wait_for_selector("text=2 of 2 orders that wait for Stone Edge would change.")
    picture(page, f"payment-mapping-preview-{scheme}")
    assert serious(page) == []
    assert "<Name>Zip</Name>" in page.inner_text("#payments-after")
    assert not PaymentMapping.objects.filter(name="Zip").exists()
    page.click("button[name=_save]")
    page.wait_for_selector("text=1 unmapped entry is mapped now.")
    picture(page, f"payment-mappings-{scheme}")
    assert serious(page) == []
    assert not UnmappedPayment.objects.exists()


def test_a_method_with_nothing_to_map_leaves_the_list_with_a_reason_and_comes_back(signed_in, store, picture):
    page = signed_in()
    page.goto(reverse("admin:orders_unmappedpayment_changelist"))
    page.click("a:has-text('Nothing to map…')")
    picture(page, "unmapped-payment-dismiss")
    assert serious(page) == []
    page.fill("[name=reason]", "A generic payment is what the merchant wants")
    page.click("button[name=sure]")
    page.wait_for_selector("text=Out of the list: 1. They stay generic payments.")
    page.goto(reverse("admin:orders_unmappedpayment_changelist") + "?standing=dismissed")
    page.wait_for_selector("text=A generic payment is what the merchant wants (support)")
    picture(page, "unmapped-payments-dismissed")
    assert serious(page) == []
    page.click("a:has-text('Take back…')")
    page.click("button[name=sure]")
    page.wait_for_selector("text=In the list again: 1.")
    assert UnmappedPayment.objects.get().dismissed_at is None
