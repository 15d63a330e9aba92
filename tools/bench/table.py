"""Rows of measurements as Markdown tables, and the page that keeps them: a section per machine, a part per family."""

import datetime
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata, util
from typing import TypeVar

from tabulate import tabulate

from pipeline.core.files import write_text
from pipeline.core.paths import ROOT
from pipeline.training.metadata import package_versions

PAGE = ROOT / "docs/performance.md"
NONE = "–"
Measured = TypeVar("Measured")
Row = dict[str, str]  # the cells by column


def alternate(sides: Mapping[str, Callable[[], Measured]], repeats: int) -> dict[str, list[Measured]]:
    """Measure each side `repeats` times, in turn, so that other load on the machine affects all; the results by side.

    The order is reversed every other time.
    """
    found: dict[str, list[Measured]] = {name: [] for name in sides}
    for repeat in range(repeats):
        for name in list(sides)[:: -1 if repeat % 2 else 1]:
            found[name].append(sides[name]())
    return found


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


def save(families: Mapping[str, Sequence[Row]], machine: str, command: str) -> None:
    """Write the rows of each family, which `command` measured on `machine`, into the page."""
    torch = ["torch"] if util.find_spec("torch") else []
    versions = package_versions() | {name: metadata.version(name) for name in ("mlflow", "dvc", *torch)}
    numbers = ", ".join(f"{name} {version}" for name, version in versions.items())
    head = f"Measured on {datetime.date.today()} with `{command}`; {numbers}."
    parts = {family: f"{head}\n\n{table(rows)}" for family, rows in families.items()}
    write_text(PAGE, update(PAGE.read_text(encoding="utf-8"), machine, parts))


def update(page: str, machine: str, parts: Mapping[str, str]) -> str:
    """Return the page with a machine's `parts`, by family, in place of its former parts of the same families."""
    introduction, *sections = re.split(r"^## ", page, flags=re.MULTILINE)
    machines: dict[str, dict[str, str]] = {}
    for section in sections:
        name, *families = re.split(r"^### ", section, flags=re.MULTILINE)
        machines[name.strip()] = {family: part for family, _, part in (one.partition("\n") for one in families)}
    machines[machine] = machines.get(machine, {}) | parts
    blocks = [introduction]
    for name, families in machines.items():
        blocks += [f"## {name}", *(f"### {family}\n\n{part.strip()}" for family, part in families.items())]
    return "\n\n".join(block.strip() for block in blocks) + "\n"
