"""How numbers and lists are written."""

import math

import pytest

from pipeline.reporting.number_format import ratio, shortened


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.7, "×0.70"),
        (0.89, "×0.89"),
        (0.98, "×0.980"),
        (1.004, "×1.004"),
        (1.0996, "×1.100"),
        (1.11, "×1.11"),
        (3, "×3.00"),
    ],
)
def test_ratios_near_one_have_a_third_decimal(value, text):
    assert ratio(math.log(value)) == text


def test_of_long_lists_the_first_names_and_a_number_are_told():
    names = [f"run{number}" for number in range(5)]
    assert shortened(names[:3], most=3) == "run0, run1, run2"
    assert shortened(names, most=3) == "run0, run1, run2 and 2 more"
