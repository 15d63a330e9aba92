"""Where networks err: the digits that most of them get wrong, and the digits on which two of them differ."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from pipeline.reporting.groups import PRINTED, Group
from pipeline.reporting.results import Result

HARD = 24  # digits shown that most get wrong
COLUMNS = 12  # networks up to which each has a column of its own
NETWORKS = 8  # networks of which every pair can be chosen
EACH = 8  # digits shown that only one of two gets right


@dataclass(frozen=True)
class HardExample:
    """One test image: its index, its digit, how many networks got it wrong, and what each of them, or how many, said.

    `answers` are (text, right) for each network in turn, or "9 × 120" for each answer where they are many.
    """

    image: int
    digit: int
    wrong: int
    answers: list[tuple[str, bool]]


@dataclass(frozen=True)
class Difference:
    """Two networks on the same images: how often both, only one, or none was right, and some images of either kind."""

    first: str
    second: str
    both: int
    only_first: int
    only_second: int
    neither: int
    shown_first: list[tuple[int, str]]  # images that only the first got right, with the digit and what the other saw
    shown_second: list[tuple[int, str]]


def hardest_examples(found: Sequence[Result]) -> tuple[list[HardExample], int]:
    """The images that more than half of the networks get wrong, hardest first, and the number of all such images."""
    if not found:
        return [], 0
    answers = np.stack([result.predicted for result in found])
    labels = found[0].labels
    wrong = (answers != labels).sum(axis=0)
    order = np.argsort(-wrong, kind="stable")
    total = int((wrong > len(found) / 2).sum())
    chosen = order[: min(HARD, total)]
    few = len(found) <= COLUMNS
    return [
        HardExample(int(i), int(labels[i]), int(wrong[i]), _each(answers[:, i], labels[i], few=few)) for i in chosen
    ], total


def _each(answers: np.ndarray, digit: int, *, few: bool) -> list[tuple[str, bool]]:
    if few:
        return [(str(answer), bool(answer == digit)) for answer in answers]
    return [(f"{answer} × {count}", bool(answer == digit)) for answer, count in Counter(answers.tolist()).most_common()]


def differences(groups: Sequence[Group]) -> list[Difference]:
    """Every pair of the networks as printed and those with the best validation accuracy, in the order of the runs.

    One run stands for those that are equal but for their seed.
    """
    best = sorted(groups, key=lambda one: (one.first.flags != PRINTED, -one.first.metrics["val_accuracy"]))[:NETWORKS]
    chosen = [group.first for group in groups if group in best]
    return [_difference(first, second) for first, second in combinations(chosen, 2)]


def _difference(first: Result, second: Result) -> Difference:
    one, other = first.right, second.right
    return Difference(
        first.run,
        second.run,
        int((one & other).sum()),
        int((one & ~other).sum()),
        int((~one & other).sum()),
        int((~one & ~other).sum()),
        _shown(one & ~other, second),
        _shown(~one & other, first),
    )


def _shown(chosen: np.ndarray, mistaken: Result) -> list[tuple[int, str]]:
    images = np.flatnonzero(chosen)[:EACH]
    return [(int(i), f"{mistaken.labels[i]}, not {mistaken.predicted[i]}") for i in images]
