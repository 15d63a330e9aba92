"""How soon two networks reach the same accuracy on their validation images."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from pipeline.reporting.comparisons import Group
from pipeline.reporting.statistics import ALPHA

TARGETS = (0.99, 0.98, 0.97, 0.95, 0.90)  # validation accuracies; the first one that either network reaches counts
FEW_EPOCHS = 10  # epochs; with fewer, reaching the target in the same epoch says little
COMPARABLE = 1.5  # times as many epochs, or one epoch more, are still comparable


@dataclass(frozen=True)
class Convergence:
    """The epochs in which the runs of two groups reached the validation accuracy `target`; inf for never."""

    target: float
    epochs: tuple[list[float], list[float]]
    budgets: tuple[int, int]  # epochs of the training of each
    sizes: tuple[int, int]  # training images per epoch of each
    p: float | None  # of the Mann-Whitney test over seeds; None unless both groups have several

    @property
    def explained_by_seeds(self) -> bool:
        """Whether chance over seeds explains the order; False with a single seed."""
        return self.p is not None and self.p >= ALPHA

    def order(self, *, images: bool) -> Literal["earlier", "later", "same", "unknown"]:
        """Whether the first group needed fewer epochs than the second, or fewer training `images`, on average.

        A run that never reached the target needs at least one epoch more than it had.
        """
        units = self.sizes if images else (1, 1)
        low, high = [], []
        for epochs, budget, unit in zip(self.epochs, self.budgets, units, strict=True):
            low.append(unit * float(np.mean([min(epoch, budget + 1) for epoch in epochs])))
            high.append(unit * float(np.mean(epochs)))
        if low == high and low[0] == low[1]:
            return "same"
        return "earlier" if high[0] < low[1] else "later" if low[0] > high[1] else "unknown"

    def comparable(self, *, images: bool) -> bool | None:
        """Whether both needed about as many epochs, or training `images`; None if one never reached the target."""
        units = self.sizes if images else (1, 1)
        first, second = (float(np.mean(epochs)) * unit for epochs, unit in zip(self.epochs, units, strict=True))
        if math.inf in (first, second):
            return None
        return max(first, second) <= max(COMPARABLE * min(first, second), min(first, second) + max(units))


def epochs_to(target: float, history: Sequence[Mapping[str, float]]) -> float:
    """The first epoch with that validation accuracy; inf if there is none."""
    return next((row["epoch"] for row in history if row["val_accuracy"] >= target), math.inf)


def compare_convergence(first: Group, second: Group) -> Convergence | None:
    """Compare for the highest of `TARGETS` that all runs of one of the groups reached; None if there is none."""
    groups = (first, second)
    for target in TARGETS:
        epochs = tuple([epochs_to(target, run.history) for run in group.runs] for group in groups)
        if any(all(map(math.isfinite, side)) for side in epochs):
            several = min(map(len, epochs)) > 1
            return Convergence(
                target,
                epochs,
                tuple(group.first.settings["epochs"] for group in groups),
                tuple(group.first.settings["training_images"] for group in groups),
                float(stats.mannwhitneyu(*epochs).pvalue) if several else None,
            )
    return None
