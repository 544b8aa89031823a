"""Reading the catalogue against a store with memory over real HTTP: whole, once, whatever happens on the way."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from inventory import catalog, catalogue_health
from inventory.models import CatalogueRefresh, Customer, Product, Variant
from inventory.tasks import due_refreshes, prune_catalogue, run_refresh
from orders import jobs
from orders.jobs import Outcome
from orders.models import Job
from stores import cursors
from stores.cursors import LeaseLost
from stores.miva.errors import MivaDown, MivaLocked
from stores.models import Exchange, PullCursor
from stores.sandbox import SandboxStore, serve
from tests.factories import make_store, store_of
from tests.inventory.helpers import CUSTOMERS, PRODUCTS, refresh

pytestmark = pytest.mark.django_db(transaction=True)

LOAD, VARIANTS = "ProductList_Load_Query", "ProductVariantList_Load_Query"


@pytest.fixture
def in_pages(store):
    """The store, whose products are read in four pages."""
    store.page_size = 10
    store.save()
    return store


def row(store, code: str) -> Product:
    return Product.objects.of(store).get(code=code)


def present(store, model=Product) -> list[int]:
    return sorted(model.objects.of(store).present().values_list("miva_id", flat=True))


def calls(sandbox, function: str) -> list[dict]:
    return [call.parameters for call in sandbox.calls if call.function == function]


@pytest.fixture
def broker():
    """The real broker, empty before and after."""
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    names = ["celery", "celery\x06\x169", "unacked", "unacked_index"]
    client.delete(*names)
    yield client
    client.delete(*names)
    client.close()


@pytest.mark.sqlite
def test_every_product_of_the_store_is_here_once(sandbox, in_pages):
    done = refresh(in_pages)
    assert present(in_pages) == sorted(sandbox.inventory.rows)
    assert (done.read, done.new, done.gone, done.expected) == (34, 34, 0, 34)


@pytest.mark.sqlite
def test_a_product_is_here_as_miva_tells_it(sandbox, store):
    refresh(store)
    clay = row(store, "clay-10")
    assert (clay.sku, clay.name) == ("CLAY-10", "Stoneware Clay 10kg")
    assert (clay.price, clay.weight) == (Decimal("34.999"), Decimal("22.0462"))
    assert (clay.tracked, clay.quantity) == (True, sandbox.stock("clay-10"))
    assert (clay.active, clay.taxable, clay.description) == (True, True, "Stoneware Clay 10kg")
    assert clay.custom_fields == {"brand": "Acme", "pack_size": "1"}


def test_what_no_database_can_store_stops_no_page(sandbox, store):
    odd = {"customfields": {"note": "a\x00b", "big": Decimal("1E+40")}}
    sandbox.add_product("odd\x00", name="x\x00y", price=10**14, CustomField_Values=odd)
    refresh(store)
    product = Product.objects.of(store).get(code="odd")
    assert (product.name, product.price, product.custom_fields["note"]) == ("xy", Decimal(0), "ab")


def test_a_variants_stock_is_on_its_part_product_and_the_master_holds_none(store):
    refresh(store)
    shirt, large = row(store, "shirt"), row(store, "shirt-l")
    assert (shirt.role, shirt.stock_product_id) == ("variants", None)
    assert (large.role, large.stock_product_id) == ("part", large.miva_id)
    assert row(store, "mug-11").stock_product_id == row(store, "mug-11").miva_id
    variant = Variant.objects.of(store).get(part_id=large.miva_id)
    assert (variant.product_id, variant.options) == (shirt.miva_id, [["size", "L"]])


def test_the_variants_of_many_products_are_asked_for_in_one_request(sandbox, store):
    refresh(store)
    assert len(calls(sandbox, VARIANTS)) == 3
    assert Exchange.objects.filter(store=store, function=VARIANTS).count() == 1


def test_reading_again_changes_nothing_when_nothing_has_changed(store):
    refresh(store)
    before = list(Product.objects.of(store).values_list("pk", "miva_id", "role", "listed_at", "unlisted_at"))
    done = refresh(store)
    assert (done.new, done.gone) == (0, 0)
    assert before == list(
        Product.objects.of(store).values_list("pk", "miva_id", "role", "listed_at", "unlisted_at")
    )


def test_what_changed_in_miva_is_changed_here(sandbox, store):
    refresh(store)
    sandbox.set_stock("mug-11", -2)
    sandbox.inventory.by_code("glaze")["price"] = Decimal("19.25")
    sandbox.set_stock("clay-10", None)
    refresh(store)
    assert (row(store, "mug-11").quantity, row(store, "glaze").price) == (-2, Decimal("19.25"))
    assert row(store, "clay-10").tracked is False


def test_what_a_complete_reading_does_not_find_is_gone_and_may_come_back(sandbox, store):
    refresh(store)
    glaze = sandbox.inventory.by_code("glaze")
    sandbox.remove_product("glaze")
    assert refresh(store).gone == 1
    assert row(store, "glaze").gone_at is not None
    assert glaze["id"] not in present(store)
    sandbox.inventory.keep(glaze)
    refresh(store)
    assert row(store, "glaze").gone_at is None


def test_the_variants_of_a_product_that_is_gone_go_with_it(sandbox, store):
    refresh(store)
    sandbox.remove_product("shirt")
    refresh(store)
    assert not Variant.objects.of(store).filter(product_id=900).exists()
    assert row(store, "shirt-l").role == "single"


@pytest.mark.parametrize("fault", ["status", "cut_json", "reset_after", "empty", "html", "error_code"])
def test_a_reading_that_fails_concludes_nothing_and_goes_on_from_where_it_stood(sandbox, in_pages, fault):
    refresh(in_pages)
    sandbox.remove_product("mug-11")
    job = catalog.start(in_pages, PRODUCTS)

    def strike(call):
        if call.function == LOAD:
            sandbox.before_reply.clear()
            sandbox.faults.add(fault, LOAD)

    sandbox.before_reply.append(strike)
    with pytest.raises((MivaDown, MivaLocked)):
        catalog.work(job)
    assert not Product.objects.of(in_pages).filter(gone_at__isnull=False).exists()
    job.refresh_from_db()
    assert (job.read, job.failures, bool(job.problem), job.not_before > timezone.now()) == (10, 1, True, True)
    assert catalogue_health.summary(in_pages).products.problem == job.problem

    assert catalog.work(job) is Outcome.DONE
    assert [product.code for product in Product.objects.of(in_pages).filter(gone_at__isnull=False)] == [
        "mug-11"
    ]
    assert catalogue_health.summary(in_pages).products.problem == ""


def test_a_product_that_appears_while_pages_are_read_is_read_too(sandbox, in_pages):
    def add(call):
        if call.function == LOAD and not sandbox.inventory.by_code("late"):
            sandbox.add_product("late", product_inventory=4)

    sandbox.before_reply.append(add)
    refresh(in_pages)
    assert row(in_pages, "late").quantity == 4


def test_a_product_that_vanishes_while_pages_are_read_shifts_nobody_over_a_page(sandbox, in_pages):
    def remove(call):
        if call.function == LOAD and sandbox.inventory.by_code("mug-11"):
            sandbox.remove_product("mug-11")

    sandbox.before_reply.append(remove)
    refresh(in_pages)
    assert set(present(in_pages)) >= set(sandbox.inventory.rows)
    assert refresh(in_pages).gone == 1


def test_a_product_whose_variants_miva_refuses_to_tell_stops_no_other(sandbox, store):
    refresh(store)

    def vanish(call):
        if call.function == LOAD and sandbox.inventory.by_code("shirt"):
            sandbox.remove_product("shirt")

    sandbox.before_reply.append(vanish)
    assert refresh(store).state == Job.State.DONE
    assert row(store, "hoodie").role == "variants"


def test_a_store_that_suddenly_lists_nothing_is_not_believed(sandbox, store):
    refresh(store)
    shelves, sandbox.inventory.rows = sandbox.inventory.rows, {}
    job = catalog.start(store, PRODUCTS)
    with pytest.raises(MivaDown, match="lists no products at all"):
        catalog.work(job)
    assert present(store) == sorted(shelves)


def test_an_empty_store_is_complete_at_once(sandbox, store):
    sandbox.inventory.rows.clear()
    assert refresh(store).state == Job.State.DONE
    assert catalog.filled_at(store, PRODUCTS) is not None


def test_a_figure_that_was_set_after_miva_was_asked_is_not_written_over(sandbox, store):
    refresh(store)

    def pushed(call):
        if call.function == LOAD:
            Product.objects.of(store).filter(code="mug-11").update(
                quantity=7, read_at=timezone.now() + timedelta(seconds=1)
            )
            connection.close()  # of the sandbox's thread

    sandbox.before_reply.append(pushed)
    refresh(store)
    assert (row(store, "mug-11").quantity, row(store, "mug-11").gone_at) == (7, None)


@pytest.mark.sqlite
def test_customers_are_here_with_their_addresses_and_no_password(sandbox, store):
    sandbox.add_customer(
        "ana", bill_fname="Ana", bill_email="ana@example.com", ship_city="Ridge", business_title="Prieto"
    )
    done = refresh(store, CUSTOMERS)
    assert present(store, Customer) == sorted(sandbox.accounts.rows)
    ana = Customer.objects.of(store).get(login="ana")
    assert (ana.email, ana.billing["fname"], ana.shipping["city"]) == ("ana@example.com", "Ana", "Ridge")
    assert (done.read, ana.business_title) == (len(sandbox.accounts.rows), "Prieto")


def test_a_closed_account_is_gone_after_a_complete_reading(sandbox, store):
    refresh(store, CUSTOMERS)
    closed = min(sandbox.accounts.rows)
    sandbox.accounts.remove(closed)
    assert refresh(store, CUSTOMERS).gone == 1
    assert closed not in present(store, Customer)


def test_stores_do_not_touch_each_others_copies(sandbox, store):
    other_shop = SandboxStore(seed=4)
    with serve(other_shop) as server:
        other = store_of(other_shop, server)
        PullCursor.objects.update(due_at=timezone.now() + timedelta(hours=1))
        refresh(store)
        other_shop.remove_product("glaze")
        refresh(other)
        sandbox.remove_product("wheel")
        refresh(store)
    assert (row(store, "glaze").gone_at, row(other, "wheel").gone_at) == (None, None)
    assert not Product.objects.of(other).filter(code="glaze").exists()


def test_a_missing_permission_is_said_and_tried_again_by_itself(sandbox, store):
    sandbox.granted_functions = {LOAD}
    with pytest.raises(MivaLocked):
        catalog.work(catalog.start(store, CUSTOMERS))
    told = catalogue_health.summary(store).customers
    assert "CustomerList_Load_Query" in told.problem + told.remedy
    sandbox.granted_functions = None
    assert refresh(store, CUSTOMERS).state == Job.State.DONE


def test_the_regular_pull_comes_first(sandbox, store):
    job = catalog.start(store, PRODUCTS)
    cursors.make_due([store])
    assert catalog.work(job) is Outcome.GAVE_WAY
    assert calls(sandbox, LOAD) == []


def test_whoever_lost_the_lease_writes_nothing(sandbox, store):
    job = catalog.start(store, PRODUCTS)

    def take(call):
        if call.function == LOAD:
            CatalogueRefresh.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
            jobs.claim(job)
            connection.close()  # of the sandbox's thread

    sandbox.before_reply.append(take)
    with pytest.raises(LeaseLost):
        catalog.work(job)
    assert not Product.objects.exists()


def test_asking_twice_is_one_reading(store):
    assert catalog.start(store, PRODUCTS).pk == catalog.start(store, PRODUCTS).pk


def test_asking_brings_the_planned_reading_forward(store):
    refresh(store)
    catalog.plan(timezone.now())
    ahead = CatalogueRefresh.objects.get(state=Job.State.WAITING, kind=PRODUCTS)
    assert ahead.not_before > timezone.now()
    assert catalog.start(store, PRODUCTS).pk == ahead.pk
    ahead.refresh_from_db()
    assert ahead.not_before <= timezone.now()


def test_the_clock_reads_both_copies_of_a_new_store_at_once_and_then_as_often_as_the_store_wants(store):
    now = timezone.now()
    assert (catalog.plan(now), catalog.plan(now)) == (2, 0)
    assert set(CatalogueRefresh.objects.values_list("kind", "not_before")) == {
        (PRODUCTS, now),
        (CUSTOMERS, now),
    }
    type(store).objects.update(catalogue_hours=6)
    CatalogueRefresh.objects.update(state=Job.State.DONE, finished_at=now)
    assert catalog.plan(now) == 2
    for ahead in CatalogueRefresh.objects.filter(state=Job.State.WAITING):
        assert timedelta(hours=5) < ahead.not_before - now <= timedelta(hours=6)


def test_a_reading_that_miva_refused_is_not_given_up_for_a_day(store):
    now = timezone.now()
    CatalogueRefresh.objects.create(store=store, kind=PRODUCTS, state=Job.State.FAILED, finished_at=now)
    catalog.plan(now)
    ahead = CatalogueRefresh.objects.get(kind=PRODUCTS, state=Job.State.WAITING)
    assert ahead.not_before - now <= timedelta(hours=1)


def test_stores_that_are_switched_off_are_not_read():
    make_store(active=False)
    assert catalog.plan(timezone.now()) == 0


def test_the_clock_tells_the_workers_and_a_worker_reads(store, broker):
    assert due_refreshes() == 1  # one reading of a store at a time
    (message,) = [json.loads(entry) for entry in broker.lrange("celery\x06\x169", 0, -1)]
    assert message["headers"]["task"] == "inventory.tasks.run_refresh"
    job = CatalogueRefresh.objects.get(nudged_at__isnull=False)
    run_refresh(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    run_refresh(job.pk)  # a message that comes twice
    assert CatalogueRefresh.objects.filter(state=Job.State.DONE).count() == 1


def test_what_is_long_gone_is_forgotten_and_the_age_of_the_copy_is_not(sandbox, store):
    refresh(store)
    sandbox.remove_product("glaze")
    refresh(store)
    long_ago = timezone.now() - timedelta(days=40)
    Product.objects.filter(gone_at__isnull=False).update(gone_at=long_ago)
    CatalogueRefresh.objects.update(finished_at=long_ago)
    assert prune_catalogue() == 2
    assert not Product.objects.filter(code="glaze").exists()
    assert catalog.filled_at(store, PRODUCTS) == long_ago
