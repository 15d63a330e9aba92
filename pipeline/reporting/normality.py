"""Whether trained weights are normally distributed: moments of every kernel, and a test on a sample of its weights."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from pipeline.formats.kernels import read_kernels
from pipeline.reporting.results import Result

HE_NORMAL = float(stats.truncnorm.stats(-2, 2, moments="k"))  # excess kurtosis of Keras' he_normal
SAMPLE = 5_000  # weights per kernel
SEED = 2018
MAX_KURTOSIS, MAX_SKEW = 0.5, 0.25  # of a practically normal kernel, either sign


@dataclass(frozen=True)
class Kernel:
    """One trained kernel of one run, with the excess kurtosis and skew of all its weights: 0 if normally distributed.

    `sampled` of its weights were tested, 0 where the model is not in this checkout. `distance` is the largest gap
    between their distribution function and that of the fitted normal distribution, `p` the p-value of D'Agostino and
    Pearson's test (1973); None without a sample.
    """

    run: str
    layer: str
    excess_kurtosis: float
    skew: float
    sampled: int = 0
    distance: float | None = None
    p: float | None = None

    @property
    def normal(self) -> bool:
        """Whether it is practically normal; the test alone rejects almost any distribution of thousands of weights."""
        return abs(self.excess_kurtosis) <= MAX_KURTOSIS and abs(self.skew) <= MAX_SKEW


def kernels(result: Result) -> list[Kernel]:
    """Every kernel of the run, after its last epoch."""
    path = result.folder / "model.keras"
    weights = read_kernels(path) if path.is_file() else {}
    last = max(row["epoch"] for row in result.weights)
    final = [row for row in result.weights if row["epoch"] == last]
    return [
        Kernel(result.run, row["layer"], row["excess_kurtosis"], row["skew"], *_test(weights.get(row["layer"])))
        for row in final
    ]


def _test(kernel: np.ndarray | None) -> tuple[int, float | None, float | None]:
    """Test up to `SAMPLE` weights of a kernel; `sampled`, `distance` and `p` as in `Kernel`."""
    if kernel is None:
        return 0, None, None
    weights = kernel.ravel().astype(np.float64)
    if weights.size > SAMPLE:
        weights = weights[np.random.default_rng(SEED).choice(weights.size, SAMPLE, replace=False)]
    fitted = stats.norm(weights.mean(), weights.std()).cdf
    distance = stats.ks_1samp(weights, fitted, method="asymp").statistic
    return weights.size, float(distance), float(stats.normaltest(weights).pvalue)
