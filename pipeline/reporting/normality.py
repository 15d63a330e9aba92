"""Are the weights normally distributed? The moments of every kernel, and a test on a seeded sample of its weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from pipeline.formats.kernels import read_kernels
from pipeline.reporting.results import Result
from pipeline.reporting.statistics import Shape, shape

HE_NORMAL = float(stats.truncnorm.stats(-2, 2, moments="k"))  # excess kurtosis of Keras' he_normal
SAMPLE = 5_000  # weights of a kernel
SEED = 2018
KURTOSIS, SKEW = 0.5, 0.25  # up to these, a kernel counts as practically normal


@dataclass(frozen=True)
class Kernel:
    """One trained kernel of one run.

    Its kurtosis and skew are those of all weights; `sampled` weights were tested, 0 where the model is not at hand.
    """

    run: str
    layer: str
    sampled: int
    shape: Shape

    @property
    def normal(self) -> bool:
        """Whether it is normal for practical purposes; the test alone, at thousands of weights, rejects anything."""
        return abs(self.shape.excess_kurtosis) <= KURTOSIS and abs(self.shape.skew) <= SKEW


def kernels(result: Result) -> list[Kernel]:
    """Every kernel of the run, after its last epoch."""
    path = result.folder / "model.keras"
    samples = {name: sample(kernel) for name, kernel in read_kernels(path).items()} if path.is_file() else {}
    last = max(row["epoch"] for row in result.weights)
    return [_kernel(result.run, row, samples.get(row["layer"])) for row in result.weights if row["epoch"] == last]


def _kernel(run: str, moments: Mapping[str, Any], weights: np.ndarray | None) -> Kernel:
    tested = Shape(0.0, 0.0, None, None) if weights is None else shape(weights)
    whole = tested._replace(excess_kurtosis=moments["excess_kurtosis"], skew=moments["skew"])
    return Kernel(run, moments["layer"], 0 if weights is None else weights.size, whole)


def sample(kernel: np.ndarray) -> np.ndarray:
    """The weights of a small kernel, or `SAMPLE` of them, in one dimension."""
    weights = np.asarray(kernel).ravel()
    if weights.size <= SAMPLE:
        return weights
    return weights[np.random.default_rng(SEED).choice(weights.size, SAMPLE, replace=False)]
