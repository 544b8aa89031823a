"""A portal on the test's own database."""

from collections.abc import Iterator

import pytest

from tests.portal import Portal, portal_on, test_database_url


@pytest.fixture
def portal(transactional_db: None) -> Iterator[Portal]:
    """Nothing of it runs yet; the test starts what it needs."""
    with portal_on(test_database_url()) as made:
        yield made
