"""The test images that most networks get wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.reporting.results import Result, common_images

MAX_HARD = 24  # hard images in the report


@dataclass(frozen=True)
class HardExample:
    """One test image: its index, its digit, the number of networks that got it wrong, and each network's answer."""

    image: int
    digit: int
    wrong: int
    answers: list[int]


def hardest_examples(results: Sequence[Result]) -> tuple[list[HardExample], int, int]:
    """Find the common test images of all runs that more than half of them get wrong.

    Returns:
        The hardest of them, hardest first; the number of all of them; the number of common test images.
    """
    if not results:
        return [], 0, 0
    images = common_images(results)
    answers = np.stack([result.predicted[result.rows(images)] for result in results])
    labels = results[0].labels[results[0].rows(images)]
    wrong = (answers != labels).sum(axis=0)
    total = int((wrong > len(results) / 2).sum())
    hardest = [
        HardExample(int(images[i]), int(labels[i]), int(wrong[i]), answers[:, i].tolist())
        for i in np.argsort(-wrong, kind="stable")[: min(MAX_HARD, total)]
    ]
    return hardest, total, len(images)
