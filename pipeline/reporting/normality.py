"""Whether trained weights are normally distributed: the moments of every kernel."""

from dataclasses import dataclass

from scipy import stats

from pipeline.reporting.results import Result

HE_KURTOSIS = float(stats.truncnorm.stats(-2, 2, moments="k"))  # excess kurtosis of Keras' he_normal
MAX_KURTOSIS, MAX_SKEW = 0.5, 0.25  # of a practically normal kernel, either sign


@dataclass(frozen=True)
class Kernel:
    """One trained kernel of one run: the excess kurtosis and skew of all its weights, 0 if normally distributed."""

    run: str
    layer: str
    excess_kurtosis: float
    skew: float

    @property
    def normal(self) -> bool:
        """Whether it is practically normal; a test would reject almost any distribution of thousands of weights."""
        return abs(self.excess_kurtosis) <= MAX_KURTOSIS and abs(self.skew) <= MAX_SKEW


def kernels(result: Result) -> list[Kernel]:
    """Every kernel of the run, after its last epoch."""
    last = max(row["epoch"] for row in result.weights)
    final = [row for row in result.weights if row["epoch"] == last]
    return [Kernel(result.run, row["layer"], row["excess_kurtosis"], row["skew"]) for row in final]
