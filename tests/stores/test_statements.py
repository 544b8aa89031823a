"""A SELECT that is written once reads what the queryset reads."""

from __future__ import annotations

import pytest

from stores.desktops import OF_STORE, desktop_called
from stores.models import Desktop, Store
from stores.statements import Statement
from tests.factories import make_desktop, make_store

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def test_a_statement_gives_the_rows_of_its_queryset_for_other_values():
    numbers = [make_store(time_zone=zone, active=False).pk for zone in ("UTC", "Asia/Tokyo", "UTC")]
    queryset = Store.objects.order_by("pk").values_list("name", "active", "created_at", "page_size")
    statement = Statement(queryset.filter(time_zone="").filter(pk__in=[1, 2, 3]))
    for zone, count in (("UTC", 2), ("Asia/Tokyo", 1), ("Europe/Paris", 0)):
        rows = statement.rows(zone, *numbers)
        assert (rows, len(rows)) == (list(queryset.filter(time_zone=zone, pk__in=numbers)), count)


def test_a_statement_refuses_a_wrong_number_of_values():
    statement = Statement(Store.objects.filter(pk=1).values_list("pk"))
    with pytest.raises(ValueError, match=r"^The statement takes 1 values, not 2\.$"):
        statement.rows(1, 2)


def test_a_login_comes_with_its_store_and_merchant_by_one_query(django_assert_num_queries):
    desktop, _ = make_desktop(make_store())
    with django_assert_num_queries(1):
        found = desktop_called(desktop.username)
        told = [getattr(found.store, name) for name in OF_STORE], found.store.merchant.name
    known = Desktop.objects.select_related("store__merchant").get(pk=desktop.pk)
    assert (found, found.store, found.store.merchant) == (known, known.store, known.store.merchant)
    assert told == ([getattr(known.store, name) for name in OF_STORE], known.store.merchant.name)
    assert vars(found).keys() == vars(known).keys()


def test_the_secrets_of_a_logins_store_are_read_only_when_they_are_asked_for():
    found = desktop_called(make_desktop(make_store(token="of-this-store"))[0].username)
    assert "token" in found.store.get_deferred_fields()
    assert found.store.token == "of-this-store"


def test_nobody_is_called_otherwise():
    make_desktop(make_store())
    assert desktop_called("nobody") is None
