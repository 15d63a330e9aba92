"""Whether `make sync` and the report take ten times as long for ten times as many runs."""

import shutil
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml import YAML

from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from pipeline.formats.tables import read_json, write_json
from tools import workspace
from tools.bench.row import Row
from tools.bench.trainings import OURS
from tools.workspace import Workspace

AIM = 1.2  # of a run's share among the most runs to that among the fewer before
COMMANDS = {
    "sync, nothing known": ("python", "-m", "tools.sync"),
    "sync, all known": ("python", "-m", "tools.sync"),
    "report": ("python", "-m", "pipeline.report"),
}


def rows(root: Path, sizes: Sequence[int]) -> list[Row]:
    """Seconds for each run, at each size against the size before."""
    template = _template()
    shares = {size: _measure(root / str(size), template, size) for size in sizes}
    found = []
    for what in COMMANDS:
        before = None
        for size in sizes:
            share = shares[size][what] / size
            if before is None:
                found.append(Row("growth", f"{what}, {size} runs", "s a run", share))
            else:
                fewer = shares[before][what] / before
                pair = (f"{before} runs", fewer, share / fewer, AIM)
                found.append(Row("growth", f"{what}, {size} runs", "s a run", share, *pair))
            before = size
    return found


def _template() -> Path:
    """A run that was trained and evaluated here, to be multiplied."""
    found = sorted(ROOT.glob("results/runs/lenet-*/metrics.json")) or sorted(ROOT.glob("results/runs/*/metrics.json"))
    if not found:
        raise PipelineError("results/runs: no evaluated run; run `make repro`, or measure other ROWS")
    return found[0].parent


def _measure(root: Path, template: Path, size: int) -> dict[str, float]:
    """Seconds of each command in a clone with `size` runs."""
    clone = workspace.make(root)
    multiply(clone, template, size)
    seconds = {}
    for what, command in COMMANDS.items():
        begin = time.monotonic()
        clone.ask(*command, more=OURS)
        seconds[what] = time.monotonic() - begin
    shutil.rmtree(root)
    return seconds


def multiply(clone: Workspace, template: Path, size: int) -> None:
    """Give the clone `size` runs that differ in name, seed and identity from `template`, without weights."""
    run, environment = (read_json(template / name) for name in ("run.json", "environment.json"))
    flags = {key: run[key] for key in ("architecture", "pooling", "dropout", "batch_norm")}
    runs = {f"run-{index}": flags | {"seed": index} for index in range(1, size + 1)}
    values = YAML(typ="safe", pure=True).load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    clone.write_params(values | {"runs": runs})
    for name, own in runs.items():
        folder = clone.results(name)
        heavy = ("model.keras", "probabilities.npy", ".gitignore")
        shutil.copytree(template, folder, ignore=shutil.ignore_patterns(*heavy))
        identity = {"run": name, "input_key": uuid.uuid4().hex * 2, "settings": run["settings"] | {"seed": own["seed"]}}
        write_json(folder / "run.json", run | identity)
        write_json(folder / "environment.json", environment | {"training_id": uuid.uuid4().hex})
