"""Whether a network is as often right as it is sure: its errors in bins of its doubt."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.reporting.results import Result
from pipeline.reporting.statistics import Interval, wilson

EDGES = (0, 1e-4, 1e-3, 1e-2, 0.1, 0.3, 1)  # of doubt, 1 - confidence; finest where most answers are
MIN_IMAGES = 20  # of a bin; fewer say nothing about its errors


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
