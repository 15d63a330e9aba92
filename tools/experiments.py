"""Print a table of the present results and of DVC's experiments, no wider than a terminal: `make experiments`."""

import argparse
import io
import re
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tabulate import tabulate

from pipeline.config import params
from pipeline.core import commands, errors
from pipeline.core.git import ask_git
from pipeline.core.paths import ROOT
from pipeline.reporting.number_format import per_cent
from pipeline.reporting.results import Result, differing_settings, load

WIDTH = 120  # characters
EXPERIMENT = re.compile(r"refs/exps/([0-9a-f]{2})/([0-9a-f]{38})/(.+)")  # the commit that it started from, its name
FLAGS = ("architecture", "pooling", "dropout", "batch_norm")
SETTINGS = {"epochs": "epochs", "images": "training_images", "batch": "batch_size", "rate": "learning_rate"}
TITLES = ("run", *SETTINGS, "val. acc.", "test acc.", "errors", "stress", "seconds", "changed")


def experiments() -> list[tuple[str, str]]:
    """The ref of each of DVC's experiments, the oldest first, and the commit that it started from."""
    refs = ask_git("for-each-ref", "--sort=creatordate", "--format=%(refname)", "refs/exps").splitlines()
    return [(ref, match[1] + match[2]) for ref in refs if (match := EXPERIMENT.fullmatch(ref))]


def changed_runs(ref: str, start: str) -> dict[str, str]:
    """The runs whose metrics an experiment changed (M) or added (A)."""
    words = ("--name-status", "--no-renames", "--diff-filter=MA", start, ref, "--", "results/runs/*/metrics.json")
    lines = ask_git("diff", *words).splitlines()
    return {Path(line).parent.name: line[0] for line in lines}


def results_at(revision: str, runs: Sequence[str]) -> dict[str, Result]:
    """The results of those runs in a commit that has them."""
    if not runs:
        return {}
    packed = commands.run_bytes("git", "archive", revision, *(f"results/runs/{run}" for run in runs), cwd=ROOT)
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
        return {result.run: result for result in load(runs, Path(folder) / "results/runs")[0]}


def changes(result: Result, base: Result | None) -> str:
    """How an experiment's run differs from the one that it started from, such as `pooling=False`."""
    if base is None:
        return "a new run"
    flags = [name for name in FLAGS if result.record[name] != base.record[name]]
    values = result.record | result.settings
    names = [*flags, *differing_settings([base, result])]
    return ", ".join(f"{name}={values.get(name)}" for name in names) or "code or data"


def cells(name: str, result: Result, changed: str = "") -> list[str]:
    """A row of the table."""
    metrics = result.metrics
    return [
        name,
        *(f"{result.settings.get(key, '–')}" for key in SETTINGS.values()),
        per_cent(metrics["val_accuracy"]),
        per_cent(metrics["test_accuracy"]),
        f"{metrics['test_errors']:,}/{len(result.labels):,}",
        per_cent(metrics["stress"]) if "stress" in metrics else "–",
        f"{result.environment['seconds']:,.0f}",
        changed,
    ]


def table() -> str:
    """A row for each run of params.yaml that has results, and one for each experiment with other metrics below it."""
    rows = {result.run: [cells(result.run, result)] for result in load(params.load_params().runs)[0]}
    for ref, start in experiments():
        changed = changed_runs(ref, start)
        before = results_at(start, [run for run, status in changed.items() if status == "M"])
        for run, result in results_at(ref, list(changed)).items():
            label = f"└ {ref.rpartition('/')[2]}"
            rows.setdefault(run, []).append(cells(label, result, changes(result, before.get(run))))
    align = ["left", *["right"] * (len(TITLES) - 2), "left"]
    flat = [TITLES, *(row for of_run in rows.values() for row in of_run)]
    lines = tabulate(flat, tablefmt="plain", disable_numparse=True, colalign=align).splitlines()
    return "\n".join(line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…" for line in lines)


def main(_: argparse.Namespace) -> None:
    """Print it."""
    print(table())


if __name__ == "__main__":
    errors.run_command(main, argparse.ArgumentParser(description=__doc__))
