"""Runs that are equal but for their seed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.reporting.results import Result

PRINTED = (True, True, False)  # pooling, dropout, batch normalisation


@dataclass(frozen=True)
class Group:
    """One or several runs that are equal but for their seed; the first one's name stands for all."""

    runs: tuple[Result, ...]

    @property
    def name(self) -> str:
        """The first run's name, with the number of seeds if there are several."""
        return self.first.run + (f" ({len(self.runs)} seeds)" if len(self.runs) > 1 else "")

    @property
    def first(self) -> Result:
        """The run that stands for the group where one run has to."""
        return self.runs[0]

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
        """Standard deviation of the test accuracy over the seeds (n - 1 in the denominator); None of a single one."""
        return float(np.std(self.accuracies, ddof=1)) if len(self.runs) > 1 else None


def group(found: Sequence[Result]) -> list[Group]:
    """The groups, in the order of their first runs; a second run with the same seed adds nothing and is left out."""
    alike: dict[str, dict[int, Result]] = {}
    for result in found:
        settings = {key: value for key, value in result.settings.items() if key != "seed"}
        what = [result.architecture, result.flags, result.record["protocol"], settings]
        alike.setdefault(json.dumps(what, sort_keys=True), {}).setdefault(result.settings["seed"], result)
    return [Group(tuple(runs.values())) for runs in alike.values()]


def as_printed(groups: Sequence[Group], architecture: str) -> Group | None:
    """The group of the network as the notebook printed it: pooling and dropout, no batch normalisation."""
    wanted = [one for one in groups if (one.first.architecture, one.first.flags) == (architecture, PRINTED)]
    return max(wanted, key=lambda one: len(one.runs), default=None)
