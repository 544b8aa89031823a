"""Which products Miva named when it refused an adjustment (Miva reference §13.3)."""

from __future__ import annotations

import pytest

from stores.miva.errors import ParametersRefused
from stores.miva.inventory import bad_rows


@pytest.mark.parametrize(("place", "named"), [(1, {7: "Bad."}), (2, {8: "Bad."}), (3, {}), (0, {})])
def test_miva_counts_rows_from_one_and_any_other_number_names_no_product(
    place: int, named: dict[int, str]
) -> None:
    error = ParametersRefused("Refused.")
    error.fields = {f"Inventory_Adjustments[{place}]": "Bad."}
    assert bad_rows(error, [7, 8]) == named
