"""How long the ledger is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory import tasks
from inventory.models import StockChange
from tests.factories import make_store

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def test_what_ended_long_ago_is_forgotten_and_what_is_not_in_miva_yet_stays():
    store, now = make_store(), timezone.now()
    old, young = now - timedelta(days=400), now - timedelta(days=90)
    for at in (old, young):
        for outcome in StockChange.Outcome:
            StockChange.objects.create(
                store=store, at=at, sku="mug", sku_key="mug", kind="delta", amount=1, outcome=outcome
            )
    assert tasks.prune_stock() == len(StockChange.Outcome) - 2
    kept = StockChange.objects.of(store)
    assert set(kept.filter(at=old).values_list("outcome", flat=True)) == {"waiting", "sent"}
    assert kept.filter(at=young).count() == len(StockChange.Outcome)
