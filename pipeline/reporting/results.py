"""Reads what the runs left in `results/runs/`, and the figures that the 2018 notebook published."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.paths import PUBLISHED, RUNS
from pipeline.formats.tables import read_csv, read_json

KEYS = {  # what the report takes from each file
    "run.json": (
        *("architecture", "pooling", "dropout", "batch_norm", "protocol", "settings", "data_digest"),
        *("parameters", "multiply_accumulates"),
    ),
    "metrics.json": ("val_loss", "val_accuracy", "test_loss", "test_accuracy", "test_errors"),
    "environment.json": (
        *("seconds", "versions", "hardware", "precision", "threads"),
        *("host", "git", "started", "training_id"),
    ),
    "history.csv": ("epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy"),
    "weights.csv": ("epoch", "layer", "standard_deviation", "skew", "excess_kurtosis"),
    "predictions.csv": ("actual", "predicted"),
}


@dataclass(frozen=True)
class Result:
    """One run: its small files, read; `labels` and `predicted` are uint8 (N,) of the N test images, in their order."""

    run: str
    folder: Path
    record: dict[str, Any]
    metrics: dict[str, float]
    environment: dict[str, Any]
    history: list[dict[str, float]]
    weights: list[dict[str, Any]]
    labels: np.ndarray
    predicted: np.ndarray

    @property
    def architecture(self) -> str:
        """The name of its network."""
        return self.record["architecture"]

    @property
    def flags(self) -> tuple[bool, bool, bool]:
        """Pooling, dropout, batch normalisation."""
        return self.record["pooling"], self.record["dropout"], self.record["batch_norm"]

    @property
    def settings(self) -> dict[str, Any]:
        """How it was trained."""
        return self.record["settings"]

    @property
    def right(self) -> np.ndarray:
        """Bool (N,): which test images it got right."""
        return self.predicted == self.labels

    @property
    def images_seen(self) -> int:
        """Training images, counted once an epoch."""
        return self.settings["epochs"] * self.settings["training_images"]

    @property
    def training_flops(self) -> float:
        """Floating-point operations of the training: two a multiply-accumulate, backward twice the forward pass."""
        return 3 * 2 * self.record["multiply_accumulates"] * self.images_seen

    def probabilities(self) -> np.ndarray | None:
        """Float32 (N, 10) of the test images; None if they are in a cache elsewhere."""
        path = self.folder / "probabilities.npy"
        return np.load(path, allow_pickle=False) if path.is_file() else None


@dataclass(frozen=True)
class Published:
    """For each architecture, the notebook's test figures and its training curve, one row an epoch."""

    test: dict[str, dict[str, float]]
    curves: dict[str, list[dict[str, float]]]


def load(runs: Iterable[str], folder: Path = RUNS) -> tuple[list[Result], dict[str, str]]:
    """The results of `runs`, in their order; and for each run that lacks some, the first file it lacks.

    Raises PipelineError for a file that is there but cannot be read. Folders of other runs are ignored.
    """
    results, missing = [], {}
    for run in runs:
        lacking = [name for name in KEYS if not (folder / run / name).is_file()]
        if lacking:
            missing[run] = lacking[0]
        else:
            record, metrics, environment, history, weights, pairs = (_read(folder / run / name) for name in KEYS)
            answers = np.array([[pair["actual"], pair["predicted"]] for pair in pairs], dtype=np.uint8)
            results.append(Result(run, folder / run, record, metrics, environment, history, weights, *answers.T))
    return results, missing


def load_published(folder: Path = PUBLISHED) -> Published:
    """The published figures."""
    test = {row.pop("architecture"): _numbers(row) for row in read_csv(folder / "test.csv")}
    curves = {name: [_numbers(row) for row in read_csv(folder / f"{name}.csv")] for name in test}
    return Published(test, curves)


def _read(path: Path) -> Any:
    """The content of a result file, after a check of its keys or columns."""
    try:
        content = [_numbers(row) for row in read_csv(path)] if path.suffix == ".csv" else read_json(path)
    except (ValueError, TypeError) as error:
        raise _damaged(path, str(error)) from None
    first = (content or [{}])[0] if path.suffix == ".csv" else content
    for key in KEYS[path.name]:
        if key not in first:
            raise _damaged(path, f"{key} is missing")
    return content


def _numbers(row: dict[str, str]) -> dict[str, Any]:
    return {key: value if key == "layer" else float(value) for key, value in row.items()}


def _damaged(path: Path, what: str) -> PipelineError:
    run = path.parent.name
    return PipelineError(f"results/runs/{run}/{path.name}: {what}; run `dvc repro train@{run} evaluate@{run}`")
