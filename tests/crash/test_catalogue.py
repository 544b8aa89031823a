"""kill -9 while the catalogue is read, pulled by the far side: the next worker goes on, and the copy is whole."""

import signal
from datetime import timedelta

import pytest
from django.utils import timezone

from inventory import catalog
from inventory.models import CatalogueRefresh, Product
from orders import jobs
from orders.jobs import Outcome
from orders.models import Job
from stores.models import PullCursor
from stores.sandbox import SandboxStore, serve
from tests.crash.killing import killed_at, nth
from tests.factories import store_of

LOAD, VARIANTS = "ProductList_Load_Query", "ProductVariantList_Load_Query"
READ = (
    "from inventory import catalog; from inventory.models import CatalogueRefresh; "
    "catalog.work(CatalogueRefresh.objects.get())"
)


@pytest.fixture
def shop():
    return SandboxStore(seed=3)


@pytest.fixture
def store(portal, shop):
    with serve(shop) as server:
        store = store_of(shop, server, page_size=10)
        PullCursor.objects.filter(store=store).update(due_at=timezone.now() + timedelta(hours=1))
        yield store


@pytest.mark.parametrize(
    ("function", "number", "kept"),
    [(LOAD, 1, 0), (VARIANTS, 1, 0), (LOAD, 2, 10), (LOAD, 4, 30)],
    ids=["first page", "its variants", "second page", "last page"],
)
def test_a_reading_is_taken_up_where_its_process_was_killed(portal, shop, store, function, number, kept):
    job = catalog.start(store, CatalogueRefresh.Kind.PRODUCTS)
    killed = killed_at(portal, shop, nth(function, number), "shell", "-c", READ)
    assert killed.returncode == -signal.SIGKILL
    assert Product.objects.count() == kept
    assert catalog.filled_at(store, job.kind) is None
    assert jobs.due(CatalogueRefresh, timezone.now()) == []  # its lease has not run out

    CatalogueRefresh.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert jobs.due(CatalogueRefresh, timezone.now()) == [job.pk]
    assert catalog.work(job) is Outcome.DONE
    job.refresh_from_db()
    assert (job.state, job.read, job.new) == (Job.State.DONE, 34, 34)
    assert sorted(Product.objects.values_list("miva_id", flat=True)) == sorted(shop.inventory.rows)
