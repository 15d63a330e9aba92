"""Group runs that differ only in their seed, and compare the test accuracy of two groups."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.reporting import statistics
from pipeline.reporting.results import Result, common_images
from pipeline.reporting.statistics import Interval

WELCH = "Welch's t over seeds"
SEED = re.compile(r"-seed\d+$")


def without_seed(name: str) -> str:
    """A run's name without its seed: `vgg` of `vgg-seed3`."""
    return SEED.sub("", name)


@dataclass(frozen=True)
class Group:
    """One or several runs that differ only in their seed; the first represents the group."""

    runs: tuple[Result, ...]

    @property
    def first(self) -> Result:
        """The run that represents the group."""
        return self.runs[0]

    @property
    def name(self) -> str:
        """The run's name; of several what they share but for the seed, else the first's, with the number of seeds."""
        if len(self.runs) == 1:
            return self.first.run
        shared = {without_seed(run.run) for run in self.runs}
        return f"{shared.pop() if len(shared) == 1 else self.first.run} ({len(self.runs)} seeds)"

    @property
    def accuracies(self) -> list[float]:
        """The test accuracy of each run."""
        return [run.metrics["test_accuracy"] for run in self.runs]

    @property
    def mean(self) -> float:
        """Mean test accuracy over the seeds."""
        return float(np.mean(self.accuracies))

    @property
    def deviation(self) -> float | None:
        """Standard deviation of the test accuracy over the seeds (n - 1 in the denominator); None for a single run."""
        return float(np.std(self.accuracies, ddof=1)) if len(self.runs) > 1 else None

    def correct(self, images: np.ndarray) -> np.ndarray:
        """Whether each run read each of those test images; float64 (runs, images)."""
        return np.stack([run.correct[run.rows(images)] for run in self.runs]).astype(float)


@dataclass(frozen=True)
class Comparison:
    """The test accuracy of two groups: `difference` is the first's minus the second's, with its 95 % interval.

    `p` is two-sided, `adjusted` the same after Holm's correction within its family of tests. `only_first` and
    `only_second` count the test images that only one of the two read correctly; None where the test is not paired.
    """

    first: str
    second: str
    test: str
    difference: Interval
    p: float
    only_first: int | None = None
    only_second: int | None = None
    adjusted: float = 1.0

    @property
    def significant(self) -> bool:
        """Whether p, adjusted, is below 0.05."""
        return self.adjusted < statistics.ALPHA


def group_by_seed(results: Sequence[Result]) -> list[Group]:
    """Group runs that differ only in their seed, in the order of their first runs; a repeated seed is left out."""
    groups: dict[str, dict[int, Result]] = {}
    for result in results:
        settings = {key: value for key, value in result.settings.items() if key != "seed"}
        training = [result.architecture, result.flags, result.record["protocol"], settings]
        groups.setdefault(json.dumps(training, sort_keys=True), {}).setdefault(result.settings["seed"], result)
    return [Group(tuple(runs.values())) for runs in groups.values()]


def largest_budgets(groups: Iterable[Group]) -> list[Group]:
    """Of each architecture, the group that saw most training images; of several such, the one with most seeds."""
    by_architecture: dict[str, list[Group]] = {}
    for group in groups:
        by_architecture.setdefault(group.first.architecture, []).append(group)
    return [
        max(budgets, key=lambda group: (group.first.images_seen, len(group.runs)))
        for budgets in by_architecture.values()
    ]


def compare(first: Group, second: Group) -> Comparison:
    """Compare over seeds (Welch) if both groups have several, else two runs on their common test images (McNemar).

    Two runs with the same seed are taken, if there are such.
    """
    if len(first.runs) > 1 and len(second.runs) > 1:
        difference, p = statistics.welch(first.accuracies, second.accuracies)
        return Comparison(first.name, second.name, WELCH, difference, p)
    by_seed = {run.settings["seed"]: run for run in reversed(second.runs)}
    run = next((run for run in first.runs if run.settings["seed"] in by_seed), first.first)
    other = by_seed.get(run.settings["seed"], second.first)
    images = common_images([run, other])
    correct, other_correct = run.correct[run.rows(images)], other.correct[other.rows(images)]
    only_first, only_second = int((correct & ~other_correct).sum()), int((~correct & other_correct).sum())
    return Comparison(
        run.run,
        other.run,
        f"McNemar, exact, on the same {len(images):,} images",
        statistics.paired_difference(correct, other_correct),
        statistics.mcnemar(only_first, only_second),
        only_first,
        only_second,
    )


def adjust(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The same comparisons with their p-values adjusted for their number (Holm)."""
    adjusted = statistics.holm([comparison.p for comparison in comparisons])
    return [replace(comparison, adjusted=p) for comparison, p in zip(comparisons, adjusted, strict=True)]
