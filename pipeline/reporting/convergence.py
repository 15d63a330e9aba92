"""How fast a network learns: the area under its validation error."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.reporting.comparisons import Group

GOAL = 0.99  # validation accuracy
MIN_EPOCHS = 3  # of a curve


def epochs_to(target: float, history: Sequence[Mapping[str, float]], key: str = "val_accuracy") -> float:
    """The first epoch with that accuracy; inf if there is none."""
    return next((row["epoch"] for row in history if row[key] >= target), math.inf)


def log_areas(first: Group, second: Group) -> list[np.ndarray] | None:
    """The natural logarithm of the area under each run's validation error, float64 (runs,) of each group.

    The area is that of the trapezoids through the epochs' points, against the share of the training that was done,
    from the first point that both networks have to the end, divided by the length of that: a mean error. Before that
    point, nothing was measured. None if one of the networks has fewer than three epochs.
    """
    epochs = [group.first.settings["epochs"] for group in (first, second)]
    if min(epochs) < MIN_EPOCHS:
        return None
    start = 1 / min(epochs)
    return [np.log([_mean_error(run.history, run.settings, start) for run in group.runs]) for group in (first, second)]


def _mean_error(history: Sequence[Mapping[str, float]], settings: Mapping[str, int], start: float) -> float:
    """The mean validation error of one run from a share of its training on; half an image at least."""
    done = np.array([row["epoch"] for row in history]) / settings["epochs"]
    error = 1 - np.array([row["val_accuracy"] for row in history])
    later = done > start
    shares = np.concatenate([[start], done[later]])
    errors = np.concatenate([[np.interp(start, done, error)], error[later]])
    mean = float(np.trapezoid(errors, shares)) / (1 - start)
    return max(mean, 0.5 / settings["validation_images"])
