"""Rows of measurements as Markdown tables."""

import datetime
import statistics
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from typing import TypeVar

from tabulate import tabulate

from pipeline.training.metadata import package_versions

NONE = "–"
Measured = TypeVar("Measured")
Row = dict[str, str]  # the cells by column


def alternate(sides: Mapping[str, Callable[[], Measured]], repeats: int) -> dict[str, list[Measured]]:
    """Measure each side `repeats` times, in turn, so that other load on the machine affects all; the results by side.

    The order is reversed every other time.
    """
    results: dict[str, list[Measured]] = {name: [] for name in sides}
    for repeat in range(repeats):
        for name in list(sides)[:: -1 if repeat % 2 else 1]:
            results[name].append(sides[name]())
    return results


def make_row(what: str, unit: str, ours: Sequence[float], other: str = NONE, theirs: Sequence[float] = ()) -> Row:
    """The row of what was measured: the medians of both sides, measured in turn, and of their ratios.

    The ratio is ours to `theirs`, which may be empty; theirs to ours for a rate, "images/s", where more is better.
    """
    pairs = list(zip(ours, theirs, strict=True)) if theirs else []
    ratios = [them / us if unit.endswith("/s") else us / them for us, them in pairs]
    return {
        "what": what,
        "ours": _text(statistics.median(ours)),
        "compared with": other if theirs else NONE,
        "theirs": _text(statistics.median(theirs)) if theirs else NONE,
        "unit": unit,
        "ratio": f"{statistics.median(ratios):.3f}" if ratios else NONE,
    }


def _text(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    return tabulate(rows, headers="keys", tablefmt="pipe", disable_numparse=True)


def heading(command: str) -> str:
    """When and with which versions `command` measured."""
    versions = package_versions() | {name: metadata.version(name) for name in ("mlflow", "dvc")}
    numbers = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"Measured on {datetime.date.today()} with `{command}`; {numbers}."
