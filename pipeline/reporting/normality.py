"""How far the distribution of each kernel's weights is from a normal one, and from its own before the training."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from pipeline.formats.histograms import Histogram, read_histograms
from pipeline.reporting.comparisons import Group
from pipeline.reporting.number_format import decimal
from pipeline.reporting.results import Result
from pipeline.reporting.verdicts import CONTRADICTED, NOT_RESOLVED, NOTHING, SUPPORTED, Claim

THRESHOLD = 0.03  # half as far from normal as a uniform distribution (0.057) or a Laplace distribution (0.062) is
MIN_SUPPORT, MAX_CONTRADICTION = 0.9, 0.5  # shares of the kernels that decide whether "the weights" are normal
KINDS = {"conv": "convolutions", "output": "output layers"}  # by the start of a layer's name; the others are dense


@dataclass(frozen=True)
class Kernel:
    """One trained kernel, as a mean over the seeds of a network.

    `distance` is the largest difference, at the edges of the histogram's bins, between the cumulative shares of its
    weights and those of the normal distribution with the same mean and deviation (Kolmogorov and Smirnov's distance):
    0.03 if the share of weights below some value is wrong by three in a hundred. `from_initial` is the same against its
    weights before the training, moved and scaled to the same mean and deviation, since the claim is about a shape:
    about 0 if training only scaled them; None if they were not recorded. `noise` is what 95 of 100 truly normal samples
    of as many weights stay below.
    """

    architecture: str
    layer: str
    distance: float
    from_initial: float | None
    noise: float

    @property
    def kind(self) -> str:
        """Whether it is a convolution, a dense layer or the output layer."""
        return next((kind for start, kind in KINDS.items() if self.layer.startswith(start)), "dense layers")

    @property
    def least_threshold(self) -> float:
        """The smallest threshold at which it counts as normal: 0 if it cannot be told from a normal sample."""
        return 0.0 if self.distance <= self.noise else self.distance


def kernels(group: Group) -> list[Kernel]:
    """Every kernel of a network; none if its histograms are not here."""
    found: dict[str, list[tuple[float, float | None, int]]] = {}
    for run in group.runs:
        for layer, distances in _distances(run).items():
            found.setdefault(layer, []).append(distances)
    return [_kernel(group.first.architecture, layer, seeds) for layer, seeds in found.items()]


def _kernel(architecture: str, layer: str, seeds: Sequence[tuple[float, float | None, int]]) -> Kernel:
    distances, initial, sizes = zip(*seeds, strict=True)
    from_initial = None if None in initial else float(np.mean(initial))
    noise = 0.89 / sizes[0] ** 0.5  # Lilliefors (1967): mean and deviation were estimated from the sample
    return Kernel(architecture, layer, float(np.mean(distances)), from_initial, noise)


def _distances(run: Result) -> dict[str, tuple[float, float | None, int]]:
    """By layer: the distances of its kernel from a normal distribution and from its initial one, and its size."""
    path = run.folder / "histograms.json"
    histograms = read_histograms(path) if path.is_file() else {}
    moments = {(row["layer"], row["epoch"]): (row.get("mean", 0.0), row["standard_deviation"]) for row in run.weights}
    distances = {}
    for layer, histogram in histograms.items():
        first, last = ((layer, epoch) for epoch in (0, histogram.epochs[-1]))
        if last in moments:
            z, shares = _cumulative(histogram, -1, moments[last])
            known = first in moments and histogram.epochs[0] == 0
            before = np.interp(z, *_cumulative(histogram, 0, moments[first])) if known else None
            initial = None if before is None else _distance(shares, before)
            distances[layer] = _distance(shares, stats.norm.cdf(z)), initial, histogram.weights
    return distances


def _cumulative(histogram: Histogram, epoch: int, moments: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Edges of the bins in standard deviations from the mean, and the share of the weights below each."""
    mean, deviation = moments
    edges = np.linspace(histogram.low, histogram.high, histogram.counts.shape[1] + 1)
    below = np.concatenate([[0], np.cumsum(histogram.counts[epoch])]) + histogram.below[epoch]
    return (edges - mean) / max(deviation, 1e-12), below / histogram.weights


def _distance(shares: np.ndarray, others: np.ndarray) -> float:
    return float(np.abs(shares - others).max())


def judge_weights(*groups: Group) -> Claim:
    """Whether nine tenths of all kernels of these networks are normal, or fewer than half of them."""
    every = [kernel for group in groups for kernel in kernels(group)]
    least = sorted(kernel.least_threshold for kernel in every)
    if not least:
        return Claim("kernels", NOTHING, "no network has histograms of its weights")
    most, half = (least[math.ceil(share * len(least)) - 1] for share in (MIN_SUPPORT, MAX_CONTRADICTION))
    kinds = []
    for kind in dict.fromkeys(kernel.kind for kernel in every):
        of_kind = [kernel.least_threshold <= THRESHOLD for kernel in every if kernel.kind == kind]
        kinds.append(f"{sum(of_kind)} of {len(of_kind)} {kind}")
    word = SUPPORTED if most <= THRESHOLD else CONTRADICTED if half > THRESHOLD else NOT_RESOLVED
    why = (
        f"within {THRESHOLD} of a normal distribution: {', '.join(kinds)}; it would be supported from a threshold of"
        f" {decimal(most, 3)} on, and contradicted below {decimal(half, 3)}"
    )
    normal = sum(threshold <= THRESHOLD for threshold in least)
    return Claim(f"{normal} of {len(least)} kernels", word, why, seeds=tuple(len(group.runs) for group in groups))
