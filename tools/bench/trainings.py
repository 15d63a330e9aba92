"""The families `train` and `tracking`: whole trainings in a clone, our stage against the script `tools.bench.bare`."""

import itertools
import json
import shutil
import statistics
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from models.registry import ARCHITECTURES
from pipeline.config.yaml_file import read_values
from pipeline.core.paths import CHECKPOINTS, PARAMS_FILE, ROOT, run_dir
from pipeline.formats.tables import read_json
from tools import workspace
from tools.bench.table import Row, alternate, make_row

RUN = "bench"
OURS = {"MLFLOW_TRACKING_URI": ""}  # the clone's own database
TEST_IMAGES = 100  # less than a batch, so that `evaluate` takes little more than its fixed costs
OPTIONS = {  # of tools.bench.bare, by the name in the table
    "bare Keras": (),
    "bare Keras, not deterministic": ("--nondeterministic",),
    "mlflow autolog": ("--tracking", "autolog"),
    "MLflow's callback": ("--tracking", "callback"),
}
COMPARISONS = {  # by family: what, the key of the measured seconds, compared with
    "train": (
        ("an epoch and its validation", "epoch", "bare Keras"),
        ("an epoch and its validation", "epoch", "bare Keras, not deterministic"),
        ("from epoch to epoch, with histograms, checkpoint, tracking", "between", "bare Keras"),
        ("all but the epochs", "fixed", "bare Keras"),
    ),
    "tracking": (
        ("a whole training, tracked", "total", "mlflow autolog"),
        ("a whole training, tracked", "total", "MLflow's callback"),
        ("from epoch to epoch", "between", "mlflow autolog"),
        ("from epoch to epoch", "between", "MLflow's callback"),
    ),
}


class Bench:
    """A clone with one run, without augmentation, which the bare script cannot do; trainings return `_seconds`."""

    def __init__(self, root: Path, network: str, epochs: int, images: int) -> None:
        self.clone = workspace.make_clone(root)
        self.network = network
        self.results = run_dir(RUN, self.clone.root)
        values = read_values(ROOT / PARAMS_FILE) | {"protocol": "fast"}
        values["protocols"]["fast"]["test_images"] = dict.fromkeys(ARCHITECTURES, TEST_IMAGES)
        flags = {"architecture": network, "pooling": True, "dropout": True, "batch_norm": False}
        counts = {"epochs": epochs, "training_images": images, "validation_images": min(images, 1000), "max_shift": 0}
        self.clone.write_params(values | {"runs": {RUN: flags | counts}})
        self.theirs = {"MLFLOW_TRACKING_URI": f"sqlite:///{self.clone.root}/theirs.db"}
        self.run("python", "-c", "import mlflow; mlflow.search_experiments()", env=self.theirs)  # makes the database
        self.train()  # makes our database, fills the disk's cache and resolves precision and threads
        found = read_json(self.results / "environment.json")
        self.resolved = ("--precision", found["precision"], "--threads", str(found["threads"]))

    def train(self) -> dict[str, float]:
        """Run a train stage from its beginning."""
        for folder in (self.results, self.clone.root / CHECKPOINTS):
            shutil.rmtree(folder, ignore_errors=True)
        total, _ = self.run("python", "-m", "pipeline.train", RUN)
        epochs = read_json(self.results / "environment.json")["epochs"]
        return _seconds([row["seconds"] for row in epochs], [row["finished"] for row in epochs], total)

    def train_bare(self, *options: str) -> dict[str, float]:
        """Run the bare script."""
        command = ("python", "-m", "tools.bench.bare", RUN, *self.resolved, *options)
        total, printed = self.run(*command, env=self.theirs)
        times = json.loads(printed.splitlines()[-1])
        epochs = [end - begin for begin, end in zip(times["started"], times["finished"], strict=True)]
        return _seconds(epochs, times["finished"], total)

    def run(self, *command: str, env: Mapping[str, str] = OURS) -> tuple[float, str]:
        """Run a command in the clone; the seconds it took, and what it printed."""
        begin = time.monotonic()
        printed = self.clone.check_output(*command, env=env)
        return time.monotonic() - begin, printed


def _seconds(epochs: list[float], finished: list[float], total: float) -> dict[str, float]:
    """Seconds of one training; without its first epoch, in which TensorFlow traces the network.

    "epoch" is an epoch with its validation, "between" from one epoch's end to the next, "total" the process, and
    "fixed" the process without all epochs.
    """
    gaps = [after - before for before, after in itertools.pairwise(finished)]
    medians = {"epoch": statistics.median(epochs[1:]), "between": statistics.median(gaps)}
    return medians | {"total": total, "fixed": total - sum(epochs)}


def rows(family: str, bench: Bench, repeats: int) -> Iterator[Row]:
    """Our training against each other one in `COMPARISONS`; for "train", also the fixed costs of our stages."""
    comparisons = COMPARISONS[family]
    sides = {"ours": bench.train} | {name: partial(bench.train_bare, *OPTIONS[name]) for _, _, name in comparisons}
    found = alternate(sides, repeats)
    for what, key, other in comparisons:
        ours, theirs = ([seconds[key] for seconds in found[side]] for side in ("ours", other))
        yield make_row(f"{bench.network}: {what}", "s", ours, other, theirs)
    if family == "train":
        train = [seconds["fixed"] for seconds in found["ours"]]
        evaluate = [bench.run("python", "-m", "pipeline.evaluate", RUN)[0] for _ in range(repeats)]
        yield make_row("fixed cost of a train stage", "s", train)
        yield make_row("fixed cost of an evaluate stage", "s", evaluate)
