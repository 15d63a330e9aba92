"""Copies what a study's runs left in its clone to `study/NAME/`: text and figures, whatever DVC does not cache."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.core.files import write_bytes
from pipeline.formats.tables import write_csv
from tools.study.saved_results import RUNS, SEARCH, UNFINISHED

HEAVY = {"model.keras", "probabilities.npy", ".gitignore"}
REPORT = ("report.md", "report.html", "curves.csv", "curves.png", "tradeoff.png", "effects.png")


def keep(
    results: Path,
    folder: Path,
    runs: Sequence[str],
    unfinished: Mapping[str, Path],
    tried: Sequence[Mapping[str, Any]],
) -> None:
    """Copy the report and the `runs` from `results`, and from their own folders what `unfinished` runs have done.

    `tried` are the rows of search.csv. What the study kept before and has no more is deleted.
    """
    _replace({run: results / "runs" / run for run in runs}, folder / RUNS)
    _replace(unfinished, folder / UNFINISHED)
    for name in REPORT:
        if runs:
            write_bytes(folder / name, (results / name).read_bytes())
        else:
            (folder / name).unlink(missing_ok=True)
    if tried:
        write_csv(folder / SEARCH, tried)
    else:
        (folder / SEARCH).unlink(missing_ok=True)


def _replace(sources: Mapping[str, Path], target: Path) -> None:
    for former in target.glob("*/"):
        if sources.get(former.name) != former:  # an unfinished run may be kept as it is
            shutil.rmtree(former)
    for run, source in sources.items():
        if source != target / run:
            copy(source, target / run)


def copy(source: Path, target: Path) -> None:
    """Copy a run's files to another folder, but for the heavy ones."""
    for path in sorted(source.iterdir()):
        if path.name not in HEAVY:
            write_bytes(target / path.name, path.read_bytes())
