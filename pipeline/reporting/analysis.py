"""Compute everything that the report presents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.reporting.ablation import Effect, ablation_effects
from pipeline.reporting.comparisons import Group, group_by_seed
from pipeline.reporting.conclusions import Conclusion, conclude
from pipeline.reporting.leaderboard import leaderboard
from pipeline.reporting.published import Published, notebook_networks
from pipeline.reporting.results import Result
from pipeline.reporting.stress import StressEffect, stress_effects


@dataclass(frozen=True)
class Analysis:
    """The results, and what was computed from them.

    `missing` maps each run without results to the first file missing, `networks` the notebook's architectures to the
    groups of runs that its conclusions are judged by. The first `rows` of the leaderboard are those of `results`, in
    the same order.
    """

    results: Sequence[Result]
    missing: Mapping[str, str]
    published: Published
    groups: list[Group]
    networks: Mapping[str, Sequence[Group]]
    rows: list[dict[str, Any]]
    effects: list[Effect]
    conclusions: list[Conclusion]
    stress_effects: list[StressEffect]

    @property
    def without_probabilities(self) -> list[str]:
        """The runs whose probabilities are not in this checkout, and so not in the ensemble."""
        return [row["run"] for row in self.rows if row["calibration"] is None]

    @property
    def validated_on_test(self) -> bool:
        """Whether the test images were the validation data of any run."""
        return any(row["validation_data"] == "test" for row in self.rows)


def analyze(results: Sequence[Result], missing: Mapping[str, str], published: Published) -> Analysis:
    """Analyze the results of runs; `missing` as in `Analysis`."""
    groups = group_by_seed(results)
    networks = notebook_networks(groups, published)
    same_data = not results or any(map(published.comparable, results))
    conclusions = conclude(networks, published if same_data else None)
    rows, effects = leaderboard(results, published), ablation_effects(groups)
    sturdiness = stress_effects(results, effects)
    return Analysis(results, missing, published, groups, networks, rows, effects, conclusions, sturdiness)
