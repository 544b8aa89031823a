"""kill -9 at every call of a push: Miva acts, our process dies before it hears, and the next run ends with exactly one effect."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import StockPush
from stores.models import PullCursor
from stores.sandbox import SandboxStore, serve
from tests.crash.killing import killed_at, nth
from tests.factories import store_of
from tests.inventory.helpers import Asking, refresh
from tests.inventory.stocktaking import let_time_pass, outcomes, push_all

LOAD, ADJUST, SETTINGS = (
    "ProductList_Load_Query",
    "ProductList_Adjust_Inventory",
    "InventoryProductSettings_Update",
)


@pytest.fixture
def shop():
    return SandboxStore(seed=3)


@pytest.fixture
def store(shop, portal):
    with serve(shop) as server:
        store = store_of(shop, server)
        PullCursor.objects.filter(store=store).update(due_at=timezone.now() + timedelta(hours=1))
        refresh(store)
        yield store


@pytest.mark.parametrize(("function", "number"), [(LOAD, 1), (ADJUST, 1), (SETTINGS, 1), (SETTINGS, 2)])
def test_a_process_killed_at_a_call_leaves_one_effect(portal, shop, store, function, number):
    desktop = Asking(store)
    for code in ("mug-11", "mug-11", "glaze"):
        desktop.text("invupdate", update=f"{code}~-3")
    desktop.text("qohreplace", update="soap~40|brush~41|")
    killed = killed_at(portal, shop, nth(function, number), "push_store", store.slug)
    assert killed.returncode == -9
    assert StockPush.objects.of(store).filter(done_at=None).exists()
    let_time_pass(store)
    push_all(store)
    assert [shop.stock(code) for code in ("mug-11", "glaze", "soap", "brush")] == [94, 97, 40, 41]
    assert outcomes(store, "mug-11") == ["applied", "applied"]
    assert not StockPush.objects.of(store).filter(parked_at__isnull=False).exists()
