"""One line of the table: two sides measured in turn, so that what else the machine does falls on both."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tabulate import tabulate

Measured = TypeVar("Measured")
NOTHING = "–"
TITLES = ("row", "what", "ours", "compared with", "theirs", "unit", "ratio", "aim", "met")


@dataclass(frozen=True)
class Row:
    """Medians of both sides and of their ratios; `aim` is the largest ratio, or value if nothing is compared."""

    family: str
    what: str
    unit: str
    ours: float
    against: str = NOTHING
    theirs: float | None = None
    ratio: float | None = None
    aim: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the aim is met, None if there is none."""
        value = self.ours if self.ratio is None else self.ratio
        return None if self.aim is None else value <= self.aim

    def cells(self) -> list[str]:
        """As text, in the order of `TITLES`."""
        unit = self.unit if self.ratio is None else "×"
        return [
            self.family,
            self.what,
            _number(self.ours),
            self.against,
            _number(self.theirs),
            self.unit,
            NOTHING if self.ratio is None else f"{self.ratio:.3f}",
            NOTHING if self.aim is None else f"≤ {self.aim:g} {unit}",
            {True: "yes", False: "no", None: NOTHING}[self.met],
        ]


def alternate(sides: Mapping[str, Callable[[], Measured]], repeats: int) -> dict[str, list[Measured]]:
    """What each side measured, `repeats` times, the sides in turn and in reversed order every other time."""
    found: dict[str, list[Measured]] = {name: [] for name in sides}
    for repeat in range(repeats):
        for name in list(sides)[:: -1 if repeat % 2 else 1]:
            found[name].append(sides[name]())
    return found


def compare(
    family: str, what: str, unit: str, ours: Sequence[float], against: str, theirs: Sequence[float], aim: float | None
) -> Row:
    """The row of two sides that were measured in turn."""
    ratio = statistics.median(one / other for one, other in zip(ours, theirs, strict=True))
    return Row(family, what, unit, statistics.median(ours), against, statistics.median(theirs), ratio, aim)


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    return tabulate([row.cells() for row in rows], TITLES, tablefmt="pipe", disable_numparse=True)


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
