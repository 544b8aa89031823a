"""The four services together."""

from __future__ import annotations

import pytest

from config.standing import services, services_of, worst
from stores.health import Service, State
from stores.models import PullCursor
from tests.factories import make_desktop, make_store

pytestmark = pytest.mark.django_db


def test_a_store_has_four_services_in_the_order_of_the_pages():
    assert [health.service for health in services(make_store())] == list(Service)


def test_the_worst_is_the_most_urgent():
    store = make_store()
    PullCursor.objects.update(problem="No.", problem_kind="down")
    found = worst(services(store))
    assert (found.service, found.state) == (Service.ORDERS_IN, State.FAILING)


@pytest.mark.sqlite
def test_as_many_queries_for_many_stores_as_for_one(django_assert_max_num_queries):
    stores = [make_store() for _ in range(7)]
    for store in stores:
        make_desktop(store)
    with django_assert_max_num_queries(20) as one:
        services_of(stores[:1])
    with django_assert_max_num_queries(len(one)):
        assert set(services_of(stores)) == {store.pk for store in stores}
