"""What a kernel's weights look like: statistics, and histograms whose bins are equal for all runs and epochs."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

BINS = 128
SPREAD = 4.0  # a histogram spans ± this many standard deviations of He's initialisation
NEAR_ZERO = 0.001


def of(model: "keras.Model") -> dict[str, np.ndarray]:
    """Every kernel of the model under its layer's name, float32."""
    return {layer.name: np.asarray(layer.kernel) for layer in model.layers if hasattr(layer, "kernel")}


def statistics(kernel: np.ndarray) -> dict[str, float]:
    """Moments and extremes of the weights; the share of them within ±0.001 of 0.

    `excess_kurtosis` and `skew` are those of the sample (the biased, moment estimators); both are 0 for a normal
    distribution.
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


def span(shape: Sequence[int]) -> float:
    """Half the width of a histogram, from the kernel's shape alone: four times √(2 / fan-in) (He et al., 2015)."""
    return SPREAD * math.sqrt(2 / math.prod(shape[:-1]))


def histogram(kernel: np.ndarray) -> list[int]:
    """Counts in 128 equal bins over ±`span`; weights beyond it are counted in the outermost bins."""
    limit = span(kernel.shape)
    inside = np.clip(kernel.ravel(), -limit, limit)
    return np.histogram(inside, bins=BINS, range=(-limit, limit))[0].tolist()
