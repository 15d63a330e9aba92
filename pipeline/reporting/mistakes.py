"""Misclassified test images: those that most networks get wrong, and those on which two networks differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from pipeline.reporting.comparisons import Group
from pipeline.reporting.published import PUBLISHED_FLAGS
from pipeline.reporting.results import Result, common_images

MAX_HARD = 24  # hard images in the report
MAX_NETWORKS = 8  # networks that are compared in pairs
MAX_EXAMPLES = 8  # images of a pair that only one of the two gets right


@dataclass(frozen=True)
class HardExample:
    """One test image: its index, its digit, the number of networks that got it wrong, and each network's answer."""

    image: int
    digit: int
    wrong: int
    answers: list[int]


@dataclass(frozen=True)
class Difference:
    """Two networks on their common test images: how often both, only one or neither was right, with examples.

    An example is an image's index, and a caption: its digit and the answer of the network that got it wrong.
    """

    first: str
    second: str
    both: int
    only_first: int
    only_second: int
    neither: int
    only_first_examples: list[tuple[int, str]]
    only_second_examples: list[tuple[int, str]]


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


def differences(groups: Sequence[Group]) -> list[Difference]:
    """Compare the first runs of groups in pairs: the networks as published, then those best on validation data."""
    order = sorted(
        groups, key=lambda group: (group.first.flags != PUBLISHED_FLAGS, -group.first.metrics["val_accuracy"])
    )
    chosen = [group.first for group in groups if group in order[:MAX_NETWORKS]]
    return [_difference(first, second) for first, second in combinations(chosen, 2)]


def _difference(first: Result, second: Result) -> Difference:
    images = common_images([first, second])
    correct, other = first.correct[first.rows(images)], second.correct[second.rows(images)]
    neither, only_second, only_first, both = np.bincount(2 * correct + other, minlength=4).tolist()
    examples = _examples(images[correct & ~other], second), _examples(images[~correct & other], first)
    return Difference(first.run, second.run, both, only_first, only_second, neither, *examples)


def _examples(images: np.ndarray, wrong: Result) -> list[tuple[int, str]]:
    rows = wrong.rows(images)[:MAX_EXAMPLES]
    return [(int(wrong.test_index[row]), f"{wrong.labels[row]}, not {wrong.predicted[row]}") for row in rows]
