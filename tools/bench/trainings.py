"""Whole trainings in a clone, ours and the bare script's, in processes of their own."""

import itertools
import json
import shutil
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.core.paths import ROOT
from pipeline.formats.tables import read_json
from tools import workspace
from tools.bench.row import Row, alternate, compare

NAME = "bench"  # of the run
OURS = {"MLFLOW_TRACKING_URI": ""}  # the clone's own database, whatever server this machine tracks on
FIXED_TRAIN, FIXED_EVALUATE = 12.0, 8.0  # seconds, on two cores
PREDICT = """
import json, time
from pipeline import artefact, batches, data, evaluate, files, hardware, params
run = params.load().run("bench")
images, _ = data.load("test")
session = hardware.start(run.train.precision, run.train.threads, run.train.seed)
model = artefact.load(files.ROOT / "results/runs/bench/model.keras", session.precision)
session.optimize(model)
begin = time.monotonic()
model.predict(batches.of(evaluate.BATCH, images), verbose=0)
print(json.dumps(time.monotonic() - begin))
"""


@dataclass(frozen=True)
class Taken:
    """Seconds: of an epoch with its validation, from one epoch's end to the next, of the process, and all but epochs.

    The first epoch counts for the last two only: TensorFlow traces the network in it.
    """

    epoch: float
    between: float
    total: float
    fixed: float


class Bench:
    """A clone with one run, of which the other side has the same numbers; no images are moved, which it cannot."""

    def __init__(self, root: Path, network: str, epochs: int, images: int) -> None:
        self.clone = workspace.make(root)
        values = YAML(typ="safe", pure=True).load((ROOT / "params.yaml").read_text(encoding="utf-8"))
        flags = {"architecture": network, "pooling": True, "dropout": True, "batch_norm": False}
        counts = {"epochs": epochs, "training_images": images, "validation_images": min(images, 1000), "max_shift": 0}
        self.clone.write_params(values | {"protocol": "fast", "runs": {NAME: flags | counts}})
        self.theirs = {"MLFLOW_TRACKING_URI": f"sqlite:///{self.clone.root}/theirs.db"}
        self._run("python", "-c", "import mlflow; mlflow.search_experiments()", more=self.theirs)  # makes the database
        self.ours()  # makes ours, warms the disk's cache and says what was resolved
        found = read_json(self.clone.results(NAME) / "environment.json")
        self.resolved = ["--precision", found["precision"], "--threads", str(found["threads"])]

    def ours(self) -> Taken:
        """One `train` stage from its beginning, as DVC runs it."""
        for folder in (self.clone.results(NAME), self.clone.root / ".checkpoints"):
            shutil.rmtree(folder, ignore_errors=True)
        total, _ = self._run("python", "-m", "pipeline.train", NAME)
        epochs = read_json(self.clone.results(NAME) / "environment.json")["epochs"]
        return _taken([row["seconds"] for row in epochs], [row["finished"] for row in epochs], total)

    def bare(self, *options: str) -> Taken:
        """One run of the bare script."""
        command = ("python", "-m", "tools.bench.bare", NAME, *self.resolved, *options)
        total, printed = self._run(*command, more=self.theirs)
        said = json.loads(printed.splitlines()[-1])
        return _taken(said["seconds"], said["finished"], total)

    def evaluation(self) -> float:
        """Seconds of one `evaluate` stage, without its inference, which is measured beside it."""
        total, _ = self._run("python", "-m", "pipeline.evaluate", NAME)
        _, printed = self._run("python", "-c", PREDICT)
        return total - float(printed.splitlines()[-1])

    def _run(self, *command: str, more: Mapping[str, str] = OURS) -> tuple[float, str]:
        begin = time.monotonic()
        printed = self.clone.ask(*command, more=more)
        return time.monotonic() - begin, printed


def _taken(seconds: list[float], finished: list[float], total: float) -> Taken:
    gaps = [after - before for before, after in itertools.pairwise(finished)]
    return Taken(statistics.median(seconds[1:]), statistics.median(gaps), total, total - sum(seconds))


def epochs(bench: Bench, repeats: int, what: str) -> list[Row]:
    """Ours against the bare script, and the fixed costs of our stages."""
    sides = {"ours": bench.ours, "bare": bench.bare, "free": partial(bench.bare, "--free")}
    found = alternate(sides, repeats)
    evaluations = alternate({"ours": bench.evaluation}, repeats)["ours"]

    def row(part: str, side: str, field: str, aim: float | None) -> Row:
        name = {"bare": "bare Keras", "free": "bare Keras, not deterministic"}[side]
        values = {key: [getattr(one, field) for one in found[key]] for key in ("ours", side)}
        return compare("train", f"{what}: {part}", "s", values["ours"], name, values[side], aim)

    return [
        row("an epoch and its validation", "bare", "epoch", 1.02),
        row("an epoch and its validation", "free", "epoch", None),
        row("from epoch to epoch, with histograms, checkpoint, tracking", "bare", "between", None),
        row("all but the epochs", "bare", "fixed", None),
        _fixed("fixed cost of a train stage", [one.fixed for one in found["ours"]], FIXED_TRAIN),
        _fixed("fixed cost of an evaluate stage", evaluations, FIXED_EVALUATE),
    ]


def tracking(bench: Bench, repeats: int, what: str) -> list[Row]:
    """Our mirror, with histograms, against MLflow's own ways, both with the model logged."""
    names = {"autolog": "mlflow autolog", "callback": "MLflow's callback"}
    sides: dict[str, Any] = {"ours": bench.ours}
    sides |= {side: partial(bench.bare, "--tracking", side) for side in names}
    found = alternate(sides, repeats)
    return [
        compare(
            "tracking",
            f"{what}: {part}",
            "s",
            [getattr(one, field) for one in found["ours"]],
            name,
            [getattr(one, field) for one in found[side]],
            aim,
        )
        for field, part, aim in (("total", "a whole training, tracked", 1.0), ("between", "from epoch to epoch", None))
        for side, name in names.items()
    ]


def _fixed(what: str, seconds: list[float], aim: float) -> Row:
    return Row("train", what, "s", statistics.median(seconds), aim=aim)
