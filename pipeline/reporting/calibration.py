"""Whether a network is as often right as it is sure: as a whole, and in bins of its doubt."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from pipeline.reporting.number_format import shortened
from pipeline.reporting.results import Result
from pipeline.reporting.statistics import ALPHA, Interval, wilson

EDGES = (0, 1e-4, 1e-3, 1e-2, 0.1, 0.3, 1)  # of doubt, 1 - confidence; finest where most answers are
MIN_IMAGES = 20  # of a bin; fewer say nothing about its errors
LIMIT = float(stats.norm.ppf(1 - ALPHA / 2))  # standard errors; a larger difference is not due to chance


class Bin(NamedTuple):
    """Answers of about the same doubt: its mean, the number of images, and the errors among them with an interval."""

    doubt: float
    images: int
    errors: Interval


def bins(results: Sequence[Result]) -> list[Bin]:
    """The answers of these runs together, in bins of at least `MIN_IMAGES`; none without stored probabilities."""
    known = [(result, found) for result in results if (found := result.probabilities()) is not None]
    if not known:
        return []
    doubt = np.concatenate([1 - found.max(axis=1).astype(float) for _, found in known]).clip(0, 1)
    wrong = np.concatenate([found.argmax(axis=1) != result.labels for result, found in known])
    place = np.searchsorted(EDGES[1:-1], doubt, side="left")
    return [
        Bin(float(doubt[here].mean()), int(here.sum()), wilson(int(wrong[here].sum()), int(here.sum())))
        for index in range(len(EDGES) - 1)
        if (here := place == index).sum() >= MIN_IMAGES
    ]


def excess_confidence(result: Result) -> float | None:
    """Mean confidence minus accuracy, in standard errors of a calibrated network's; None without probabilities."""
    probabilities = result.probabilities()
    if probabilities is None:
        return None
    confidence = probabilities.max(axis=1).astype(float).clip(0, 1)
    error = (confidence * (1 - confidence)).sum() ** 0.5 / len(confidence)
    difference = confidence.mean() - (probabilities.argmax(axis=1) == result.labels).mean()
    return float(difference / max(error, 1 / len(confidence)))


def sentence(results: Sequence[Result]) -> str:
    """The runs that are too sure, not sure enough, or neither; empty without probabilities."""
    known = {result.run: excess for result in results if (excess := excess_confidence(result)) is not None}
    groups = {
        "too sure": [run for run, excess in known.items() if excess > LIMIT],
        "not sure enough": [run for run, excess in known.items() if excess < -LIMIT],
        "as sure as right on average, within chance": [run for run, excess in known.items() if abs(excess) <= LIMIT],
    }
    parts = [f"{words}: {shortened(runs)}" for words, runs in groups.items() if runs]
    return f"Mean confidence against accuracy: {'; '.join(parts)}." if parts else ""
