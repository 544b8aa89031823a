"""What a store may decide, and what is refused with a sentence."""

from decimal import Decimal

import pytest

from orders.translate import CustomFieldRule, Rules
from orders.translate.rules import CHOICES


@pytest.mark.parametrize(("name", "choice"), [(name, choice) for name, all_ in CHOICES for choice in all_])
def test_every_choice_is_accepted(name, choice):
    assert getattr(Rules(**{name: choice}), name) == choice


@pytest.mark.parametrize("name", [name for name, _ in CHOICES])
def test_a_choice_that_does_not_exist_is_refused_with_those_that_do(name):
    with pytest.raises(ValueError, match=f"{name} is 'both'; it must be '.*' or '.*'"):
        Rules(**{name: "both"})


@pytest.mark.parametrize("sku", ["", "  ", "A" * 256, "A\nB"])
@pytest.mark.parametrize("name", ["discount_sku", "coupon_sku"])
def test_what_cannot_be_a_sku_is_refused(name, sku):
    with pytest.raises(ValueError, match=f"{name} is .* it must be a SKU"):
        Rules(**{name: sku})


@pytest.mark.parametrize("field", ["signifyd", ":decision", "signifyd:", " : "])
def test_the_signifyd_field_needs_module_and_code(field):
    with pytest.raises(ValueError, match=r"signifyd_field is .* Miva's module and field code"):
        Rules(signifyd_field=field)


@pytest.mark.parametrize("tolerance", [Decimal("-0.01"), Decimal("NaN")])
def test_a_tolerance_below_zero_is_refused(tolerance):
    with pytest.raises(ValueError, match="tolerance is"):
        Rules(tolerance=tolerance)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (("customfields", " ", "drop"), "needs the field's code"),
        (("customfields", "po", "move"), "action is 'move'; it must be 'rename', 'drop' or 'comment'"),
        (("customfields", "po", "rename"), "'po' is renamed to nothing"),
    ],
)
def test_a_custom_field_rule_without_sense_is_refused(rule, sentence):
    with pytest.raises(ValueError, match=sentence):
        CustomFieldRule(*rule)
