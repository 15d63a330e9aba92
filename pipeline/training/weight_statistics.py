"""Statistics and histograms of a kernel's weights; kernels of one shape have the same bins in all runs and epochs."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

MAX_BINS = 64
RANGE_IN_DEVIATIONS = 4.0  # a histogram spans ± this many standard deviations of He's initialisation
NEAR_ZERO = 0.001


def layer_kernels(model: "keras.Model") -> dict[str, np.ndarray]:
    """Layer name to kernel, float32, of every layer that has one."""
    return {layer.name: np.asarray(layer.kernel) for layer in model.layers if hasattr(layer, "kernel")}


def kernel_statistics(kernel: np.ndarray, initial: np.ndarray) -> dict[str, float]:
    """Moments and extremes of the weights, the fraction of them within ±0.001 of 0, and how far training moved them.

    `skew` and `excess_kurtosis` are the biased moment estimators; both are 0 for a normal distribution. `change` is the
    Euclidean distance of the weights from the `initial` ones, divided by the norm of these.
    """
    values, begin = kernel.astype(np.float64).ravel(), initial.astype(np.float64).ravel()
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
        "change": math.sqrt(np.sum((values - begin) ** 2)) / (math.sqrt(np.sum(begin**2)) or 1.0),
    }


def histogram_range(shape: Sequence[int]) -> float:
    """Half the width of a kernel's histogram: four times He's standard deviation √(2 / fan-in) (He et al., 2015)."""
    return RANGE_IN_DEVIATIONS * math.sqrt(2 / math.prod(shape[:-1]))


def bin_count(weights: int) -> int:
    """Number of bins for so many weights: Rice's rule 2·∛n, at most 64; it is even, so that 0 is an edge."""
    return min(MAX_BINS, 2 * round(weights ** (1 / 3)))


def kernel_histogram(kernel: np.ndarray) -> tuple[list[int], int, int]:
    """Counts in equal bins over ±`histogram_range`, and the numbers of weights below and above that range."""
    limit = histogram_range(kernel.shape)
    counts = np.histogram(kernel, bins=bin_count(kernel.size), range=(-limit, limit))[0]
    below = int((kernel < -limit).sum())
    return counts.tolist(), below, int(kernel.size - counts.sum()) - below
