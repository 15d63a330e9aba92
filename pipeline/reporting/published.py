"""The results that the 2018 notebook published."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.paths import PUBLISHED
from pipeline.formats.tables import read_csv
from pipeline.reporting.comparisons import Group
from pipeline.reporting.results import numbers

PUBLISHED_FLAGS = (True, True, False)  # pooling, dropout, batch normalisation of the published networks


@dataclass(frozen=True)
class Published:
    """The notebook's test figures by architecture, and its training curves with one row per epoch."""

    test: dict[str, dict[str, float]]
    curves: dict[str, list[dict[str, float]]]


def load_published(folder: Path = PUBLISHED) -> Published:
    """Read the published figures from the CSV files in `folder`."""
    test = {row.pop("architecture"): numbers(row) for row in read_csv(folder / "test.csv")}
    curves = {name: [numbers(row) for row in read_csv(folder / f"{name}.csv")] for name in test}
    return Published(test, curves)


def published_group(groups: Sequence[Group], architecture: str) -> Group | None:
    """The group of the network as it was published, the one with most seeds if there are several; None if none."""
    wanted = [
        group for group in groups if (group.first.architecture, group.first.flags) == (architecture, PUBLISHED_FLAGS)
    ]
    return max(wanted, key=lambda group: len(group.runs), default=None)
