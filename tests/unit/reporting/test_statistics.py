"""The report's statistics against values worked out by hand or printed in textbooks."""

import numpy as np
import pytest

from pipeline.reporting import statistics


def test_wilson_at_the_textbook_s_example():
    interval = statistics.wilson(81, 263)  # Newcombe (1998), table I
    assert interval.value == pytest.approx(81 / 263)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.2553, 0.3662)


def test_wilson_of_no_error_ends_at_one():
    interval = statistics.wilson(10_000, 10_000)
    assert interval.high == 1
    assert interval.low == pytest.approx(1 / (1 + 1.959964**2 / 10_000))


def test_mcnemar_is_a_coin_s_binomial():
    assert statistics.mcnemar(1, 9) == pytest.approx(22 / 1024)  # 2 × (1 + 10) / 2¹⁰
    assert statistics.mcnemar(5, 5) == 1
    assert statistics.mcnemar(0, 0) == 1


def test_a_paired_difference_has_the_t_interval_of_its_images():
    first, second = np.array([True] * 90 + [False] * 10), np.array([True] * 80 + [False] * 20)
    interval = statistics.paired_difference(first, second)
    half = 1.984217 * np.sqrt(0.1 * 0.9 / 99)  # t at 99 degrees of freedom
    assert interval == pytest.approx((0.1, 0.1 - half, 0.1 + half), abs=1e-6)
    assert statistics.paired_difference(first, first) == (0, 0, 0)


def test_differences_over_seeds():
    interval, p = statistics.welch([0.99, 0.992, 0.991], [0.98, 0.982, 0.981])
    assert interval.value == pytest.approx(0.01)
    assert interval.low == pytest.approx(0.01 - 2.776445 * 0.001 * np.sqrt(2 / 3), rel=1e-6)
    assert p < 0.001
    for first in (0.5, 0.75):  # without spread
        assert statistics.welch([first, first], [0.5, 0.5]) == ((first - 0.5, -1, 1), 1)


def test_holm_by_hand():
    assert statistics.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert statistics.holm([]) == []


def test_calibration_error_by_hand():
    sure, half = [0.9, *[0.1 / 9] * 9], [0.5, *[0.5 / 9] * 9]
    probabilities = np.array([sure] * 10 + [half] * 10)
    labels = np.array([0] * 8 + [1] * 2 + [0] * 5 + [1] * 5)
    assert statistics.calibration_error(probabilities, labels) == pytest.approx(0.5 * 0.1)  # 0.9 sure, 0.8 right
    assert statistics.calibration_error(np.eye(10)[labels], labels) == 0


def test_calibration_error_by_chance_is_that_of_answers_as_often_right_as_the_network_is_sure():
    rng = np.random.default_rng(1)
    sure = rng.uniform(0.2, 1, 1500)
    probabilities = np.full((1500, 10), 0.0)
    probabilities[:, 0], probabilities[:, 1:] = sure, (1 - sure)[:, None] / 9
    errors = [statistics.calibration_error(probabilities, np.where(rng.random(1500) < sure, 0, 1)) for _ in range(200)]
    assert statistics.calibration_error_by_chance(probabilities) == pytest.approx(np.mean(errors), rel=0.05)
