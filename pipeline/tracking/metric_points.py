"""The values of a run's metrics, read from its files; nothing here talks to MLflow."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.formats.result_files import read_result

STRESS_SECTION = "stress/"  # prefix of keys


@dataclass(frozen=True)
class MetricPoint:
    """One value of one metric; `timestamp` in milliseconds since 1970."""

    key: str
    value: float
    timestamp: int
    step: int


def weights_key(layer: str) -> str:
    """The key of a kernel's images, and the prefix of the keys of its moments.

    It has no slash: MLflow sorts charts with one before all others, and the losses belong first.
    """
    return f"weights_{layer}"


def epoch_points(folder: Path, stamps: dict[int, int]) -> Iterator[MetricPoint]:
    """For each epoch the moments of the kernels, the losses and accuracies, and the best accuracy so far."""
    if not stamps:
        return
    for row in read_result(folder / "weights.csv"):
        epoch, layer = row.pop("epoch"), row.pop("layer")
        for name, value in row.items():
            yield MetricPoint(f"{weights_key(layer)}_{name}", float(value), stamps[epoch], epoch)
    best, best_epoch = -math.inf, 0
    for row in read_result(folder / "history.csv"):
        epoch, accuracy = row.pop("epoch"), row["val_accuracy"]
        if accuracy > best:
            best, best_epoch = accuracy, epoch
        for name, value in {**row, "best_val_accuracy": best, "best_val_accuracy_epoch": best_epoch}.items():
            yield MetricPoint(name, float(value), stamps[epoch], epoch)


def test_points(metrics: dict[str, float] | None, stamps: dict[int, int]) -> Iterator[MetricPoint]:
    """The metrics of the evaluation on test images, at the last epoch; none if `metrics` is None."""
    for name, value in (metrics or {}).items():
        if name.startswith("test_"):
            last = max(stamps)
            yield MetricPoint(name, value, stamps[last], last)


def stress_points(folder: Path, metrics: dict[str, float] | None, stamps: dict[int, int]) -> Iterator[MetricPoint]:
    """The scores on corrupted digits and on another source's, as a section `stress`; none before the evaluation."""
    path = folder / "stress.json"
    if metrics is not None and path.exists():
        last = max(stamps)
        for name, value in read_result(path).items():
            yield MetricPoint(f"{STRESS_SECTION}{name}", value, stamps[last], last)


def system_points(environment: dict[str, Any], started: int) -> Iterator[MetricPoint]:
    """CPU, memory and GPU load, once the training is complete: until then samples are still thinned out."""
    for step, row in enumerate(environment["system"] or [] if environment["complete"] else []):
        for name, value in row.items():
            if name != "at":
                yield MetricPoint(f"system/{name}", value, started + milliseconds(row["at"]), step)


def milliseconds(seconds: float) -> int:
    """Seconds as whole milliseconds, MLflow's unit of time."""
    return round(seconds * 1000)
