"""The tests and intervals of the report, from scipy, statsmodels and scikit-learn; all at 95 %."""

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
    """The proportion `hits` / `trials` with Wilson's score interval (1927)."""
    interval = stats.binomtest(hits, trials).proportion_ci(LEVEL, method="wilson")
    return Interval(hits / trials, interval.low, interval.high)


def mcnemar(only_first: int, only_second: int) -> float:
    """The two-sided p-value of McNemar's exact test, from the images that only one of the two got right."""
    from statsmodels.stats.contingency_tables import mcnemar as test

    return float(test([[0, only_first], [only_second, 0]], exact=True).pvalue)


def paired_difference(first: np.ndarray, second: np.ndarray) -> Interval:
    """Mean of `first` minus mean of `second`, bool (N,) of the same N images, with the paired t interval."""
    difference = float(first.mean() - second.mean())
    if np.array_equal(first, second):
        return Interval(0.0, 0.0, 0.0)
    interval = stats.ttest_rel(first.astype(float), second.astype(float)).confidence_interval(LEVEL)
    return Interval(difference, float(interval.low), float(interval.high))


def welch(first: Sequence[float], second: Sequence[float]) -> tuple[Interval, float]:
    """Mean of `first` minus mean of `second`, one value per seed, with Welch's interval and two-sided p-value.

    Without any variance p is 1, and the interval contains every possible difference of two accuracies.
    """
    difference = float(np.mean(first) - np.mean(second))
    if np.ptp(first) == 0 and np.ptp(second) == 0:
        return Interval(difference, -1.0, 1.0), 1.0
    test = stats.ttest_ind(first, second, equal_var=False)
    interval = test.confidence_interval(LEVEL)
    return Interval(difference, float(interval.low), float(interval.high)), float(test.pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values of one family of tests, adjusted for their number (Holm, 1979)."""
    from statsmodels.stats.multitest import multipletests

    return [float(p) for p in multipletests(p_values, ALPHA, method="holm")[1]] if p_values else []


def calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Expected calibration error: mean |confidence - accuracy| over `BINS` equal bins, weighted by images.

    Args:
        probabilities: float (N, 10).
        labels: int (N,).
    """
    confidence = _confidence(probabilities)
    correct = probabilities.argmax(axis=1) == labels
    accuracy, mean = calibration_curve(correct, confidence, n_bins=BINS, pos_label=True)
    counts = np.bincount(_bins(confidence), minlength=BINS)
    return float(np.abs(accuracy - mean) @ counts[counts > 0] / len(labels))


def calibration_error_by_chance(probabilities: np.ndarray) -> float:
    """The expected calibration error to expect of a perfectly calibrated network with these confidences, float (N, 10).

    In each bin, the number of right answers then has the variance of independent coins with the confidences as their
    probabilities; the mean absolute value of a normal variable is √(2/π) of its deviation.
    """
    confidence = _confidence(probabilities)
    variances = np.bincount(_bins(confidence), weights=confidence * (1 - confidence), minlength=BINS)
    return float(np.sqrt(2 / np.pi * variances).sum() / len(confidence))


def _confidence(probabilities: np.ndarray) -> np.ndarray:
    return np.clip(probabilities.max(axis=1).astype(float), 0, 1)


def _bins(confidence: np.ndarray) -> np.ndarray:
    """The bin of each confidence, as in scikit-learn's calibration_curve."""
    return np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], confidence)
