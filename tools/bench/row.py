"""Rows of the tables: two sides are measured in turn, so that other load on the machine affects both."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from tabulate import tabulate

Measured = TypeVar("Measured")
Values = Sequence[float]
Row = dict[str, str]  # the cells by column
NONE = "–"


def alternate(sides: Mapping[str, Callable[[], Measured]], repeats: int) -> dict[str, list[Measured]]:
    """Measure each side `repeats` times, in turn, the order reversed every other time; the results by side."""
    found: dict[str, list[Measured]] = {name: [] for name in sides}
    for repeat in range(repeats):
        for name in list(sides)[:: -1 if repeat % 2 else 1]:
            found[name].append(sides[name]())
    return found


def make_row(
    what: str, unit: str, ours: Values, other: str = NONE, theirs: Values = (), aim: float | None = None
) -> Row:
    """The row of what was measured: the medians of both sides and of their ratios.

    Args:
        what: What was measured.
        unit: Its unit; the ratio is ours to theirs, but theirs to ours for a rate, "images/s", where more is better.
        ours: Our side, in the order of measurement.
        other: The name of the other side.
        theirs: The other side, measured in turn with ours; empty if there is none.
        aim: The largest ratio, or without another side our largest median.
    """
    pairs = list(zip(ours, theirs, strict=True)) if theirs else []
    ratios = [them / us if unit.endswith("/s") else us / them for us, them in pairs]
    judged = statistics.median(ratios or ours)
    return {
        "what": what,
        "ours": _text(statistics.median(ours)),
        "compared with": other if theirs else NONE,
        "theirs": _text(statistics.median(theirs)) if theirs else NONE,
        "unit": unit,
        "ratio": f"{judged:.3f}" if theirs else NONE,
        "aim": NONE if aim is None else f"≤ {aim:g} {'×' if theirs else unit}",
        "met": NONE if aim is None else "yes" if judged <= aim else "no",
    }


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    return tabulate(rows, headers="keys", tablefmt="pipe", disable_numparse=True)


def _text(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
