"""How fast a network learns: the area under its validation error."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from models.constants import NUM_CLASSES
from pipeline.reporting.comparisons import Group

GOAL = 0.99  # validation accuracy
GUESSING = 1 - 1 / NUM_CLASSES  # the error before any training
MIN_POINTS = 2  # of a curve, besides its start


def epochs_to(target: float, history: Sequence[Mapping[str, float]], key: str = "val_accuracy") -> float:
    """The first epoch with that accuracy; inf if there is none."""
    return next((row["epoch"] for row in history if row[key] >= target), math.inf)


def log_areas(first: Group, second: Group) -> list[np.ndarray] | None:
    """The natural logarithm of the area under each run's validation error, float64 (runs,) of each group.

    The area is that of trapezoids, from the error of guessing to the last epoch, divided by the budget. It takes the
    shares of the budget at which both networks were validated: a curve with more points would have a smaller area under
    its steep beginning. None if these are fewer than two.
    """
    points = math.gcd(*(group.first.settings["epochs"] for group in (first, second)))
    if points < MIN_POINTS:
        return None
    return [np.log([_area(run.history, points) for run in group.runs]) for group in (first, second)]


def _area(history: Sequence[Mapping[str, float]], points: int) -> float:
    """The area under the error curve through its start and `points` evenly spaced epochs, divided by its width."""
    chosen = history[len(history) // points - 1 :: max(1, len(history) // points)]
    return float(np.trapezoid([GUESSING, *(1 - row["val_accuracy"] for row in chosen)], dx=1 / max(1, len(chosen))))
