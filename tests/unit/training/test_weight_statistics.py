"""Statistics and histograms of kernels."""

import math

import numpy as np
import pytest
from scipy import stats

from pipeline.training import weight_statistics

NINE = (3, 3, 1, 1)  # fan-in 9
LIMIT = 4 * math.sqrt(2 / 9)


def statistics(kernel: np.ndarray) -> dict[str, float]:
    """Those of a kernel that did not change."""
    found = weight_statistics.kernel_statistics(kernel, kernel)
    assert found.pop("change") == 0
    return found


def test_statistics_by_hand():
    """Mean 1; central moments (3·1 + 9) / 4 = 3, (−3·1 + 27) / 4 = 6 and (3·1 + 81) / 4 = 21."""
    found = statistics(np.array([[0, 0], [0, 4]], np.float32))
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
    found = statistics(np.array([-2.0, 2.0, 2.0, -2.0], np.float32))
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
    found = statistics(kernel)
    values = kernel.astype(np.float64).ravel()
    assert found["mean"] == pytest.approx(values.mean(), rel=1e-12)
    assert found["standard_deviation"] == pytest.approx(values.std(), rel=1e-12)
    assert found["skew"] == pytest.approx(stats.skew(values), rel=1e-9)
    assert found["excess_kurtosis"] == pytest.approx(stats.kurtosis(values), rel=1e-9)


def test_normal_weights_have_no_skew_and_no_excess_kurtosis():
    found = statistics(np.random.default_rng(5).normal(3, 2, 200_000))
    assert found["skew"] == pytest.approx(0, abs=0.03)
    assert found["excess_kurtosis"] == pytest.approx(0, abs=0.05)


def test_statistics_of_equal_weights_are_finite():
    assert all(math.isfinite(value) for value in statistics(np.full((2, 2), 0.5, np.float32)).values())


def test_near_zero_excludes_the_limit():
    assert statistics(np.array([0.0009999, 0.001, -0.0009999, -0.001]))["near_zero_share"] == 0.5


def test_histogram_range():
    assert weight_statistics.histogram_range(NINE) == pytest.approx(1.8856181)
    assert weight_statistics.histogram_range((3, 3, 64, 256)) == pytest.approx(0.2357023)  # 4 √(2 / 576)
    assert weight_statistics.histogram_range((3200, 128)) == pytest.approx(0.1)  # 4 √(2 / 3200)


def test_change_is_relative_to_the_initial_weights():
    initial = np.array([[3, 0], [0, 4]], np.float32)
    found = weight_statistics.kernel_statistics(initial + np.array([[0, 1.5], [2, 0]], np.float32), initial)
    assert found["change"] == pytest.approx(2.5 / 5)
    assert weight_statistics.kernel_statistics(initial, np.zeros_like(initial))["change"] == 5


@pytest.mark.parametrize(("weights", "bins"), [(1, 2), (9, 4), (576, 16), (2304, 26), (8192, 40), (10**7, 64)])
def test_bins_grow_with_the_kernel(weights, bins):
    assert weight_statistics.bin_count(weights) == bins


def test_histogram():
    weights = [-LIMIT + 0.01, -0.01, 0.01, 0.01, LIMIT - 0.01, 0.3, 0.3, 0.3, 0.3]
    counts, below, above = weight_statistics.kernel_histogram(np.array(weights).reshape(NINE))
    assert (counts, below, above) == ([1, 1, 6, 1], 0, 0)
    assert all(type(count) is int for count in (*counts, below, above))


def test_outliers_are_counted_apart():
    kernel = np.array([-99, -1.9, 1.9, 99, 1e9, 0, 0, 0, 0], np.float32).reshape(NINE)
    assert weight_statistics.kernel_histogram(kernel) == ([0, 0, 4, 0], 2, 3)


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
