"""How soon a run reaches an accuracy on its validation images."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from pipeline.reporting.groups import Group
from pipeline.reporting.statistics import ALPHA

TARGET_ACCURACY = 0.99
TARGETS = (0.99, 0.98, 0.97, 0.95, 0.90)  # where neither network reaches the first, the next one is asked for
COARSE = 10  # epochs; in fewer, reaching it in the same epoch says little
CLOSE = 1.5  # times the epochs, or one epoch more, is still comparable


@dataclass(frozen=True)
class Convergence:
    """Two groups on their way to the validation accuracy `goal`: for each, the epochs of its runs, inf for never."""

    goal: float
    epochs: tuple[list[float], list[float]]
    budgets: tuple[int, int]  # epochs that each trained
    sizes: tuple[int, int]  # training images of an epoch
    p: float | None  # Mann-Whitney's over seeds; None without several on both sides

    def order(self, *, images: bool) -> Literal["earlier", "later", "same", "unknown"]:
        """Whether the first group got there in fewer epochs, or training `images`, than the second, on average.

        Who never did needs at least one epoch more than it had.
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
        """Whether the two needed about as many epochs, or `images`; None if one never got there."""
        units = self.sizes if images else (1, 1)
        first, second = (float(np.mean(epochs)) * unit for epochs, unit in zip(self.epochs, units, strict=True))
        if math.inf in (first, second):
            return None
        return max(first, second) <= max(CLOSE * min(first, second), min(first, second) + max(units))


def epochs_to(goal: float, history: Sequence[Mapping[str, float]]) -> float:
    """The first epoch with that validation accuracy; inf if there is none."""
    return next((row["epoch"] for row in history if row["val_accuracy"] >= goal), math.inf)


def compare_convergence(first: Group, second: Group) -> Convergence | None:
    """To the highest accuracy of the ladder that all runs of one group reached; None if there is none."""
    for goal in TARGETS:
        epochs = tuple([epochs_to(goal, run.history) for run in group.runs] for group in (first, second))
        if any(all(map(math.isfinite, side)) for side in epochs):
            budgets = tuple(group.first.settings["epochs"] for group in (first, second))
            sizes = tuple(group.first.settings["training_images"] for group in (first, second))
            return Convergence(goal, epochs, budgets, sizes, _mann_whitney(*epochs))
    return None


def _mann_whitney(first: Sequence[float], second: Sequence[float]) -> float | None:
    if len(first) < 2 or len(second) < 2:
        return None
    return float(stats.mannwhitneyu(first, second).pvalue)


def explained_by_seeds(race: Convergence) -> bool:
    """Whether chance over seeds explains the order; False where there is only one seed to go by."""
    return compare_convergence.p is not None and compare_convergence.p >= ALPHA
