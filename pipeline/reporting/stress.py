"""How sturdy the runs are: their accuracy on corrupted digits and on another source's, compared in pairs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pipeline.formats.stress_scores import OTHER_SOURCE, right_answers
from pipeline.reporting import statistics
from pipeline.reporting.ablation import Effect
from pipeline.reporting.number_format import count, listed, per_cent, signed
from pipeline.reporting.results import Result
from pipeline.reporting.statistics import ALPHA, Interval

Condition = tuple[str, str]  # corruption, severity


@dataclass(frozen=True)
class StressEffect:
    """The accuracy of the run `first` minus that of `second` on the same corrupted digits, and on another source's.

    `what` is the component that only `first` has, or "architecture"; `fair`, whether nothing else differs. `adjusted`
    is the p-value of McNemar's test on the corrupted digits after Holm's correction.
    """

    what: str
    fair: bool
    first: str
    second: str
    images: int
    difference: Interval
    adjusted: float
    other_source: Interval

    @property
    def significant(self) -> bool:
        """Whether p, adjusted, is below 0.05."""
        return self.adjusted < ALPHA


def accuracies(result: Result) -> dict[str, float]:
    """A run's mean accuracy on corrupted digits, that on each corruption, and on another source's; empty if unknown."""
    answers: dict[str, list[np.ndarray]] = {}
    for row in result.stress:
        answers.setdefault(row["corruption"], []).append(right_answers(row))
    means = {name: float(np.concatenate(parts).mean()) for name, parts in answers.items()}
    interval = mean_accuracy(result)
    return {} if interval is None else {"mean": interval.value} | means


def mean_accuracy(result: Result) -> Interval | None:
    """A run's accuracy on all corrupted digits, with Wilson's interval; None if it was not scored on them."""
    answers = [right_answers(row) for row in result.stress if row["corruption"] != OTHER_SOURCE]
    right = np.concatenate(answers) if answers else np.array([])
    return statistics.wilson(int(right.sum()), len(right)) if len(right) else None


def digits_per_corruption(result: Result) -> int:
    """The number of digits of each corruption, in all severities, that the run was scored on; the least of several."""
    numbers: Counter[str] = Counter()
    for row in result.stress:
        if row["corruption"] != OTHER_SOURCE:
            numbers[row["corruption"]] += len(row["actual"])
    return min(numbers.values(), default=0)


def stress_effects(results: Sequence[Result], effects: Sequence[Effect]) -> list[StressEffect]:
    """Compare the ablation's pairs of runs, and the first runs of neighbouring architectures of the same variant."""
    runs = {result.run: result for result in results if result.stress}
    pairs = [(effect.component, effect.fair, *(run.run for run in effect.runs)) for effect in effects]
    by_variant: dict[tuple[bool, bool, bool], dict[str, Result]] = {}
    for result in runs.values():
        by_variant.setdefault(result.flags, {}).setdefault(result.architecture, result)
    for variant in by_variant.values():
        pairs += [("architecture", False, second.run, first.run) for first, second in pairwise(variant.values())]
    known = [(*what, runs[first], runs[second]) for *what, first, second in pairs if first in runs and second in runs]
    compared = [_compare(first, second) for *_, first, second in known]
    adjusted = statistics.holm([p for *_, p in compared])
    return [
        StressEffect(what, fair, first.run, second.run, images, difference, p, other)
        for (what, fair, first, second), (images, difference, other, _), p in zip(
            known, compared, adjusted, strict=True
        )
    ]


def _compare(first: Result, second: Result) -> tuple[int, Interval, Interval, float]:
    """Images, difference on corrupted digits, difference on another source's, McNemar's p."""
    own, other = _answers(first), _answers(second)
    parts = []
    for wanted in (False, True):
        keys = [key for key in own if key in other and (key[0] == OTHER_SOURCE) == wanted]
        sizes = [min(len(own[key]), len(other[key])) for key in keys]
        parts.append(
            [np.concatenate([side[key][:size] for key, size in zip(keys, sizes, strict=True)]) for side in (own, other)]
        )
    (mine, theirs), elsewhere = parts
    p = statistics.mcnemar(int((mine & ~theirs).sum()), int((~mine & theirs).sum()))
    return len(mine), statistics.paired_difference(mine, theirs), statistics.paired_difference(*elsewhere), p


def _answers(result: Result) -> Mapping[Condition, np.ndarray]:
    return {(row["corruption"], row["severity"]): right_answers(row) for row in result.stress}


def sentence(results: Sequence[Result], effects: Sequence[StressEffect]) -> str:
    """The sturdiest run, and the significant effects of components; empty if no run was scored on corrupted digits."""
    scored = {result.run: accuracies(result)["mean"] for result in results if result.stress}
    if not scored:
        return ""
    best = max(scored, key=scored.__getitem__)
    text = f"Of {count(len(scored), 'run')}, {best} reads most corrupted digits: {per_cent(scored[best])}."
    compared = [effect for effect in effects if effect.fair]
    found = [effect for effect in compared if effect.significant]
    if not found:
        return f"{text} No component has a significant effect on that." if compared else text
    strongest = sorted(found, key=lambda effect: -abs(effect.difference.value))[:3]
    words = [f"{effect.what} ({effect.first}: {signed(effect.difference.value)} points)" for effect in strongest]
    return f"{text} The largest significant effects of components: {listed(words)}."
