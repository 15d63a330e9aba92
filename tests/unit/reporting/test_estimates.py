"""Differences over seeds and images: by hand, and in a simulation whose variances are known."""

import numpy as np
import pytest
from scipy import stats

from pipeline.reporting.estimates import Estimate, over_seeds, over_seeds_and_images


def test_over_seeds_alone_it_is_welch_s_comparison():
    first, second = [0.99, 0.992, 0.991, 0.995], [0.98, 0.982, 0.981]
    interval = stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
    assert over_seeds(first, second).interval == pytest.approx((0.011, interval.low, interval.high))


def test_two_seeds_each_on_four_images_by_hand():
    first = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], float)  # 1.00 and 0.50: variance 1/8
    second = np.array([[0, 0, 1, 0], [0, 0, 1, 0]], float)  # 0.25 twice: no variance over seeds
    found = over_seeds_and_images(first, second)
    assert (found.value, found.seeds, found.seed_variances) == (0.5, (2, 2), (0.125, 0))
    # By image the differences are 1, 1, -1/2 and 1/2: variance 1/2, of the mean 1/8. The first's seeds leave residuals
    # of ±1/4, 8 times 1/16 with 3 degrees of freedom: 1/6, by image 1/24, and half of that over two seeds.
    assert found.residuals == pytest.approx((1 / 24, 0))
    assert found.image_variance == pytest.approx(1 / 8 - 1 / 48)
    squares = (0.125 / 2) ** 2 / 1 + (1 / 8) ** 2 / 3  # Satterthwaite
    half = stats.t.ppf(0.975, (0.125 / 2 + 1 / 8) ** 2 / squares) * np.sqrt(0.125 / 2 + 1 / 8)
    assert found.interval == pytest.approx((0.5, 0.5 - half, 0.5 + half))


@pytest.mark.parametrize(
    ("seeds", "of_seeds", "of_rest"), [((5, 5), 0.1, 0.5), ((3, 5), 0.02, 2.0), ((5, 3), 1.0, 0.1)]
)
def test_the_interval_covers_the_truth_in_95_of_100_studies(seeds, of_seeds, of_rest):
    """Random seeds and random images; the true difference is 0, and the images' effects differ between the networks."""
    rng, studies, images = np.random.default_rng(1), 800, 100
    covered = 0
    for _ in range(studies):
        sides = [
            rng.normal(0, 1, images) + rng.normal(0, of_seeds, (count, 1)) + rng.normal(0, of_rest, (count, images))
            for count in seeds
        ]
        interval = over_seeds_and_images(*sides).interval
        covered += interval.low <= 0 <= interval.high
    assert covered / studies >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / studies)


def test_more_seeds_are_the_fewest_that_detect_the_difference():
    found = Estimate(0.002, (3, 5), (4e-6, 1e-6), 10_000, 1e-7, (2e-7, 2e-7))
    more = found.more_seeds(found.value)
    assert more > 1
    assert found.detectable(more) <= found.value < found.detectable(more - 1)
    error = np.sqrt(4e-6 / (3 + more) + 1e-6 / (5 + more) + 1e-7 + 2e-7 / (3 + more) + 2e-7 / (5 + more))
    assert found.detectable(more) == pytest.approx((1.96 + 0.84) * error, rel=0.06)  # t of many degrees of freedom


def test_seeds_do_not_help_where_the_images_alone_are_too_few():
    assert Estimate(0.002, (5, 5), (1e-9, 1e-9), 1000, 1e-6).more_seeds(0.002) is None  # 2.8 × 0.001


def test_without_any_variance_the_difference_is_known():
    assert over_seeds([0.5, 0.5], [0.25, 0.25]).interval == (0.25, 0.25, 0.25)
