"""The stock pages in a real browser: the list, and the question about a lost change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from inventory.push import push_due
from stores.models import PullCursor
from stores.sandbox import SandboxStore, serve
from tests.browser.looking import serious
from tests.factories import make_merchant, store_of
from tests.inventory.helpers import Asking, refresh
from tests.inventory.stocktaking import push_all, row_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def store(settings):
    """A store with one SKU in Miva, one that waits and one in doubt."""
    settings.ALLOW_PRIVATE_STORE_HOSTS = True
    sandbox = SandboxStore(seed=4)
    with serve(sandbox) as server:
        store = store_of(sandbox, server, merchant=make_merchant(name="Acme Tools"), name="Acme")
        PullCursor.objects.filter(store=store).update(due_at=timezone.now() + timedelta(hours=1))
        refresh(store)
        desktop = Asking(store)
        desktop.text("qohreplace", update="glaze~40|")
        push_due(store)
        sandbox.faults.add("reset_before", "ProductList_Adjust_Inventory")
        desktop.text("invupdate", update="mug-11~-3")
        push_due(store)
        sandbox.set_stock("mug-11", 98)
        push_all(store)
        desktop.text("invupdate", update="clay-10~5")
        yield store


@pytest.fixture
def page(open_page, log_in):
    return log_in(open_page())


def test_support_answers_the_question_about_a_lost_change(page, picture, store):
    page.goto(reverse("admin:inventory_stockpush_changelist"))
    picture(page, "stock-list")
    assert not serious(page)
    page.get_by_role("link", name="mug-11").click()
    page.get_by_role("link", name="It has arrived…").wait_for()
    picture(page, "stock-question")
    assert not serious(page)
    page.get_by_role("link", name="It has arrived…").click()
    page.get_by_role("button", name="It has arrived").click()
    page.get_by_text("Arrived in Miva: 1.").wait_for()
    assert not row_of(store, "mug-11").in_doubt
