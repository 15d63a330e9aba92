"""The tests and intervals of the report, from scipy, statsmodels and scikit-learn; all of them at 95 %."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats
from sklearn.calibration import calibration_curve

LEVEL = 0.95
ALPHA = 1 - LEVEL
BINS = 15  # of the calibration error, as in Guo et al. (2017)


class Interval(NamedTuple):
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float


def wilson(hits: int, trials: int) -> Interval:
    """The share `hits` / `trials` with Wilson's score interval (1927)."""
    interval = stats.binomtest(hits, trials).proportion_ci(LEVEL, method="wilson")
    return Interval(hits / trials, interval.low, interval.high)


def mcnemar(only_first: int, only_second: int) -> float:
    """The two-sided p-value of McNemar's exact test: images that only the one, and only the other, got right."""
    from statsmodels.stats.contingency_tables import mcnemar as test

    return float(test([[0, only_first], [only_second, 0]], exact=True).pvalue)


def two_proportions(hits: Sequence[int], trials: Sequence[int]) -> float:
    """The two-sided p-value of Fisher's exact test that two unpaired shares are equal."""
    return float(stats.fisher_exact([[hit, trial - hit] for hit, trial in zip(hits, trials, strict=True)]).pvalue)


def unpaired_difference(hits: Sequence[int], trials: Sequence[int]) -> Interval:
    """First share less second share, of unpaired counts, with Newcombe's interval (1998)."""
    from statsmodels.stats.proportion import confint_proportions_2indep

    low, high = confint_proportions_2indep(hits[0], trials[0], hits[1], trials[1], method="newcomb", alpha=ALPHA)
    return Interval(hits[0] / trials[0] - hits[1] / trials[1], float(low), float(high))


def paired_difference(first: np.ndarray, second: np.ndarray) -> Interval:
    """Mean of `first` less mean of `second`, bool (N,) of the same N images, with the paired t interval."""
    difference = float(first.mean() - second.mean())
    if np.array_equal(first, second):
        return Interval(0.0, 0.0, 0.0)
    interval = stats.ttest_rel(first.astype(float), second.astype(float)).confidence_interval(LEVEL)
    return Interval(difference, float(interval.low), float(interval.high))


def over_seeds(first: Sequence[float], second: Sequence[float]) -> tuple[Interval, float]:
    """Mean of `first` less mean of `second`, one value a seed, with Welch's interval and two-sided p-value.

    Without any spread there is nothing to judge by: p is 1, and the interval holds every difference of two shares.
    """
    difference = float(np.mean(first) - np.mean(second))
    if np.ptp(first) == 0 and np.ptp(second) == 0:
        return Interval(difference, -1.0, 1.0), 1.0
    test = stats.ttest_ind(first, second, equal_var=False)
    interval = test.confidence_interval(LEVEL)
    return Interval(difference, float(interval.low), float(interval.high)), float(test.pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values of one family, adjusted as Holm (1979) has it."""
    from statsmodels.stats.multitest import multipletests

    return [float(p) for p in multipletests(p_values, ALPHA, method="holm")[1]] if p_values else []


def calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Expected calibration error over 15 equal bins: mean |confidence - accuracy|, weighted by images.

    `probabilities` float (N, 10), `labels` integers (N,).
    """
    confidence = np.clip(probabilities.max(axis=1).astype(float), 0, 1)
    right = probabilities.argmax(axis=1) == labels
    accuracy, mean = calibration_curve(right, confidence, n_bins=BINS, pos_label=True)
    edges = np.linspace(0, 1, BINS + 1)  # scikit-learn's own, and its way to use them
    counts = np.bincount(np.searchsorted(edges[1:-1], confidence), minlength=BINS)
    return float(np.abs(accuracy - mean) @ counts[counts > 0] / len(labels))


class Shape(NamedTuple):
    """How far a sample is from a normal distribution; the first three are 0 for a normal one.

    `distance` is the largest gap between the sample's distribution function and that of the fitted normal; `p` is that
    of D'Agostino and Pearson's test (1973), None where there is no sample.
    """

    excess_kurtosis: float
    skew: float
    distance: float | None
    p: float | None


def shape(sample: np.ndarray) -> Shape:
    """The shape of a one-dimensional sample of at least 20 values."""
    values = sample.astype(np.float64)
    fitted = stats.norm(values.mean(), values.std()).cdf
    distance = stats.ks_1samp(values, fitted, method="asymp").statistic
    kurtosis, skew = stats.kurtosis(values), stats.skew(values)
    return Shape(float(kurtosis), float(skew), float(distance), float(stats.normaltest(values).pvalue))
