"""Support meets a shipment that does not fit: finds it, reads why, closes it; and who cannot see colours."""

from __future__ import annotations

import pytest

from fulfillment.models import Shipment, StatusMeaning, StoreShipping
from fulfillment.push import push
from stores.admin.words import list_of, page_of
from stores.sandbox import SandboxStore, serve
from tests.browser.looking import serious
from tests.factories import make_merchant, store_of
from tests.fulfillment.goods import document, form, ids, order_of, report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def store():
    """A store with a shipment that is done, one that is parked and one that waits for its number."""
    sandbox = SandboxStore(seed=3)
    with serve(sandbox) as server:
        store = store_of(sandbox, server, merchant=make_merchant(name="Acme Tools"), name="Acme", slug="acme")
        done, parked, waiting, odd, unclear = (order_of(store, sandbox, 5, 1) for _ in range(5))
        first, second = ids(sandbox, done)
        items = {first: {"packages": {"1": 2}}, second: {"packages": {"1": 1}}}
        report(store, document(done, [("1", "1Z999AA10123456784")], items, "Partially Shipped"))
        report(store, form(parked, "9400111899223100001234", carrier="USPS"))
        report(store, form(waiting))
        report(store, form(odd, "1Z2", status="Out of the door"))
        for number in ("1Z8", "1Z9"):
            told = {ids(sandbox, unclear)[0]: {"shipped": 2}}
            report(store, document(unclear, [("1", number)], told, "Partially Shipped"))
        sandbox.cancel(parked.miva_id)
        push(store, budget=30)
        StatusMeaning.objects.create(store=store, label="Handed over", meaning="shipped")
        yield store


@pytest.mark.parametrize(("scheme", "screen"), [("light", "desktop"), ("dark", "phone")])
def test_support_finds_the_parked_shipment_and_closes_it(open_page, log_in, picture, store, scheme, screen):
    page = open_page(scheme, screen)
    log_in(page)
    parked = Shipment.objects.get(parked_at__isnull=False, problem_kind="unfit")
    views = {
        "shipments": list_of("fulfillment_shipment"),
        "shipment": page_of(parked),
        "shipment-unclear": page_of(Shipment.objects.get(problem_kind="unclear")),
        "order-shipments": page_of(Shipment.objects.filter(done_at__isnull=False).first().order),
        "status-updates": list_of("fulfillment_statusupdate"),
        "shipping": page_of(StoreShipping(pk=store.pk)),
    }
    found = []
    for name, address in views.items():
        page.goto(address)
        picture(page, f"{name}-{scheme}-{screen}")
        if name != "shipping":  # a form of the framework's own, with its colours
            found += [f"{name}: {problem}" for problem in serious(page)]
    assert found == []
    page.goto(views["shipment"])
    assert "is cancelled in Miva" in page.content()
    page.get_by_role("link", name="Done elsewhere…").click()
    page.get_by_label("Reason").fill("handed over in the shop")
    picture(page, f"shipment-close-{scheme}-{screen}")
    page.get_by_role("button", name="Done elsewhere").click()
    page.get_by_text("handed over in the shop").first.wait_for()
    parked.refresh_from_db()
    assert parked.step == Shipment.Step.ELSEWHERE
