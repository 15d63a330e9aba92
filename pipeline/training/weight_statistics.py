"""Statistics and histograms of a kernel's weights, with the same bins for all runs and epochs."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

BINS = 128
RANGE_IN_DEVIATIONS = 4.0  # a histogram spans ± this many standard deviations of He's initialisation
NEAR_ZERO = 0.001


def layer_kernels(model: "keras.Model") -> dict[str, np.ndarray]:
    """Layer name to kernel, float32, of every layer that has one."""
    return {layer.name: np.asarray(layer.kernel) for layer in model.layers if hasattr(layer, "kernel")}


def kernel_statistics(kernel: np.ndarray) -> dict[str, float]:
    """Moments and extremes of the weights, and the fraction of them within ±0.001 of 0.

    `skew` and `excess_kurtosis` are the biased moment estimators; both are 0 for a normal distribution.
    """
    values = kernel.astype(np.float64).ravel()
    mean = values.mean()
    centred = values - mean
    squared = centred * centred
    variance, third, fourth = (float(np.mean(power)) for power in (squared, squared * centred, squared * squared))
    scale = math.sqrt(variance) or 1.0
    return {
        "mean": float(mean),
        "standard_deviation": math.sqrt(variance),
        "minimum": float(values.min()),
        "maximum": float(values.max()),
        "skew": third / scale**3,
        "excess_kurtosis": fourth / scale**4 - 3,
        "near_zero_share": float(np.mean(np.abs(values) < NEAR_ZERO)),
    }


def histogram_range(shape: Sequence[int]) -> float:
    """Half the width of a kernel's histogram: four times He's standard deviation √(2 / fan-in) (He et al., 2015)."""
    return RANGE_IN_DEVIATIONS * math.sqrt(2 / math.prod(shape[:-1]))


def kernel_histogram(kernel: np.ndarray) -> list[int]:
    """Counts in 128 equal bins over ±`histogram_range`; the outermost bins also count the weights beyond it."""
    limit = histogram_range(kernel.shape)
    inside = np.clip(kernel.ravel(), -limit, limit)
    return np.histogram(inside, bins=BINS, range=(-limit, limit))[0].tolist()
