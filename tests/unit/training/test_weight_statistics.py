"""Statistics and histograms of kernels."""

import math

import numpy as np
import pytest
from scipy import stats

from pipeline.training import weight_statistics

NINE = (3, 3, 1, 1)  # fan-in 9
LIMIT = 4 * math.sqrt(2 / 9)


def test_statistics_by_hand():
    """Mean 1; central moments (3·1 + 9) / 4 = 3, (−3·1 + 27) / 4 = 6 and (3·1 + 81) / 4 = 21."""
    found = weight_statistics.kernel_statistics(np.array([[0, 0], [0, 4]], np.float32))
    assert found == pytest.approx(
        {
            "mean": 1.0,
            "standard_deviation": math.sqrt(3),
            "minimum": 0.0,
            "maximum": 4.0,
            "skew": 6 / math.sqrt(27),
            "excess_kurtosis": 21 / 9 - 3,
            "near_zero_share": 0.75,
        },
        rel=1e-12,
    )


def test_statistics_of_two_values():
    found = weight_statistics.kernel_statistics(np.array([-2.0, 2.0, 2.0, -2.0], np.float32))
    assert found == {
        "mean": 0.0,
        "standard_deviation": 2.0,
        "minimum": -2.0,
        "maximum": 2.0,
        "skew": 0.0,
        "excess_kurtosis": -2.0,
        "near_zero_share": 0.0,
    }


def test_statistics_equal_scipys():
    kernel = np.random.default_rng(5).gamma(2.0, 0.1, (3, 3, 8, 16)).astype(np.float32)
    found = weight_statistics.kernel_statistics(kernel)
    values = kernel.astype(np.float64).ravel()
    assert found["mean"] == pytest.approx(values.mean(), rel=1e-12)
    assert found["standard_deviation"] == pytest.approx(values.std(), rel=1e-12)
    assert found["skew"] == pytest.approx(stats.skew(values), rel=1e-9)
    assert found["excess_kurtosis"] == pytest.approx(stats.kurtosis(values), rel=1e-9)


def test_normal_weights_have_no_skew_and_no_excess_kurtosis():
    found = weight_statistics.kernel_statistics(np.random.default_rng(5).normal(3, 2, 200_000))
    assert found["skew"] == pytest.approx(0, abs=0.03)
    assert found["excess_kurtosis"] == pytest.approx(0, abs=0.05)


def test_statistics_of_equal_weights_are_finite():
    assert all(
        math.isfinite(value) for value in weight_statistics.kernel_statistics(np.full((2, 2), 0.5, np.float32)).values()
    )


def test_near_zero_excludes_the_limit():
    assert (
        weight_statistics.kernel_statistics(np.array([0.0009999, 0.001, -0.0009999, -0.001]))["near_zero_share"] == 0.5
    )


def test_histogram_range():
    assert weight_statistics.histogram_range(NINE) == pytest.approx(1.8856181)
    assert weight_statistics.histogram_range((3, 3, 64, 256)) == pytest.approx(0.2357023)  # 4 √(2 / 576)
    assert weight_statistics.histogram_range((3200, 128)) == pytest.approx(0.1)  # 4 √(2 / 3200)


def test_histogram():
    width = 2 * LIMIT / 128
    weights = [-LIMIT + width / 2, -width / 2, width / 2, width / 2, LIMIT - width / 2, 0.3, 0.3, 0.3, 0.3]
    counts = weight_statistics.kernel_histogram(np.array(weights).reshape(NINE))
    assert len(counts) == 128
    assert {place: count for place, count in enumerate(counts) if count} == {0: 1, 63: 1, 64: 2, 74: 4, 127: 1}
    assert all(type(count) is int for count in counts)


def test_the_outermost_bins_count_outliers():
    counts = weight_statistics.kernel_histogram(
        np.array([-99, -1.9, 1.9, 99, 1e9, 0, 0, 0, 0], np.float32).reshape(NINE)
    )
    assert {place: count for place, count in enumerate(counts) if count} == {0: 2, 64: 4, 127: 3}


def test_layer_kernels():
    class Layer:
        def __init__(self, name, kernel=None):
            self.name = name
            if kernel is not None:
                self.kernel = kernel

    class Model:
        layers = (Layer("conv1", np.ones((3, 3, 1, 4))), Layer("pool1"), Layer("output", np.zeros((8, 10))))

    found = weight_statistics.layer_kernels(Model())
    assert {name: kernel.shape for name, kernel in found.items()} == {"conv1": (3, 3, 1, 4), "output": (8, 10)}
