"""Countries and states that the receiver does not expect are sent, with a warning (SETI §3.1.2)."""

import pytest

from orders.translate import Rules, translate
from tests.orders.translate.orders_of_miva import address, order


def warned(**members):
    return translate(order(**address("bill"), **address("ship", **members)), Rules()).warnings


@pytest.mark.parametrize(
    "region",
    [{"state": "ca"}, {"cntry": "FR", "state": "Bretagne"}, {"cntry": "gb", "state": ""}, {"cntry": ""}],
)
def test_codes_of_the_us_and_names_elsewhere_need_no_warning(region):
    assert warned(**region) == ()


def test_a_country_that_is_no_code_is_warned_about():
    (warning,) = warned(cntry="USA")
    assert warning.startswith("The shipping country 'USA' is not a two-letter code")


@pytest.mark.parametrize("country", ["日本", "U1", "日本国"])
def test_two_signs_that_are_no_letters_of_a_code_are_warned_about_and_shown_as_they_are(country):
    (warning,) = warned(cntry=country)
    assert warning.startswith(f"The shipping country '{country}' is not a two-letter code")


@pytest.mark.parametrize("state", ["California", "C", "C1"])
def test_an_american_state_that_is_no_code_is_warned_about(state):
    (warning,) = warned(state=state)
    assert warning.startswith(f"The shipping state '{state}' is not a two-letter code")


def test_an_american_address_without_a_state_is_warned_about():
    (warning,) = warned(state="")
    assert warning.startswith(
        "The shipping state is missing. One of the United States should be its two letters"
    )


def test_the_same_region_twice_is_one_warning_for_each_side():
    raw = order(**address("bill", cntry="USA"), **address("ship", cntry="USA"))
    assert len(translate(raw, Rules()).warnings) == 2
