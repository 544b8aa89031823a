"""The journal of what was said to Miva."""

import pytest
from django.db import connection

from stores.miva.paging import ListQuery
from stores.models import Exchange
from stores.sandbox import serve
from stores.wires import miva_for
from tests.factories import store_of
from tests.orders.roads.helpers import shop


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="a setting of PostgreSQL's")
def test_that_nobody_waits_for_the_journals_disk_holds_for_the_journal_alone():
    sandbox = shop(1)
    with serve(sandbox) as server, connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO on")  # as in production; without it tests are faster
        try:
            miva_for(store_of(sandbox, server)).order_list(ListQuery())
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone() == ("on",)
        finally:
            cursor.execute("RESET synchronous_commit")
    assert Exchange.objects.count() == 1
