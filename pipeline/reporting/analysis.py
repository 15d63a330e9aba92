"""Everything that the report says, computed once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.reporting import ensemble, leaderboard
from pipeline.reporting.ablation import Effect, ablation_effects
from pipeline.reporting.conclusions import Conclusion, conclude
from pipeline.reporting.evidence import evidence
from pipeline.reporting.groups import Group, group
from pipeline.reporting.results import Published, Result


@dataclass(frozen=True)
class Analysis:
    """The runs found, those missing with the file they lack, and what follows from them.

    `rows` is the leaderboard, the ensemble last if there is one; `unseen` names the runs without probabilities here.
    """

    found: Sequence[Result]
    missing: Mapping[str, str]
    published: Published
    groups: list[Group]
    rows: list[dict[str, Any]]
    unseen: list[str]
    ablation_effects: list[Effect]
    conclusions: list[Conclusion]

    @property
    def on_test(self) -> bool:
        """Whether any run had the test images as its validation data."""
        return any(row["validation_data"] == "test" for row in self.rows)


def analyze(found: Sequence[Result], missing: Mapping[str, str], published: Published) -> Analysis:
    """The study of these runs."""
    groups = group(found)
    calibrations, together = ensemble.calibrations(found)
    rows = leaderboard.leaderboard(found, published, calibrations)
    if together:
        rows.append(leaderboard.ensemble_row(together, found))
    return Analysis(
        found,
        missing,
        published,
        groups,
        rows,
        [result.run for result in found if result.run not in calibrations],
        ablation_effects(groups),
        conclude(evidence(groups, published)),
    )
