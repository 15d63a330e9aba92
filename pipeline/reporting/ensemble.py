"""All runs as one: the mean of their probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.constants import PROBABILITY_EPSILON
from pipeline.reporting import statistics
from pipeline.reporting.results import Result
from pipeline.reporting.statistics import Interval


@dataclass(frozen=True)
class Ensemble:
    """What the mean probabilities of `runs` reach on the test images; `calibration` is their calibration error."""

    runs: tuple[str, ...]
    accuracy: Interval
    errors: int
    loss: float
    calibration: float


def calibrations(found: Sequence[Result]) -> tuple[dict[str, float], Ensemble | None]:
    """The calibration error of each run whose probabilities are here, and the ensemble of them if they are several."""
    errors: dict[str, float] = {}
    total: np.ndarray | None = None
    for result in found:
        probabilities = result.probabilities()
        if probabilities is not None:
            errors[result.run] = statistics.calibration_error(probabilities, result.labels)
            total = probabilities.astype(np.float64) + (0 if total is None else total)
    if total is None or len(errors) < 2:
        return errors, None
    return errors, _ensemble(tuple(errors), total / len(errors), found[0].labels)


def _ensemble(runs: tuple[str, ...], mean: np.ndarray, labels: np.ndarray) -> Ensemble:
    right = int((mean.argmax(axis=1) == labels).sum())
    of_label = np.clip(mean[np.arange(len(labels)), labels], PROBABILITY_EPSILON, 1)
    accuracy = statistics.wilson(right, len(labels))
    error = statistics.calibration_error(mean, labels)
    return Ensemble(runs, accuracy, len(labels) - right, float(-np.log(of_label).mean()), error)
