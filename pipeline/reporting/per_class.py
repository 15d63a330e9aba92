"""Precision, recall and F1 of each digit."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from models.constants import NUM_CLASSES
from pipeline.reporting.results import Result


class DigitScore(NamedTuple):
    """A digit's scores, 0 where undefined, and its number of images."""

    digit: int
    precision: float
    recall: float
    f1: float
    images: int


def digit_scores(results: Sequence[Result]) -> list[DigitScore]:
    """The scores of each digit over the answers of these runs together; of one run they are those of per_class.csv."""
    labels = np.concatenate([result.labels for result in results])
    predicted = np.concatenate([result.predicted for result in results])
    digits = range(NUM_CLASSES)
    scores = precision_recall_fscore_support(labels, predicted, labels=digits, zero_division=0.0)
    return [
        DigitScore(digit, float(precision), float(recall), float(f1), int(images))
        for digit, precision, recall, f1, images in zip(digits, *scores, strict=True)
    ]
