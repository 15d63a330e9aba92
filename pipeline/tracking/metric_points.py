"""The values of a run's metrics, read from its files; nothing here talks to MLflow.

MLflow's page for comparing runs opens on the metric that was logged first, and it sorts sections of charts, which are
what precedes a slash in a key, before all keys without one.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.formats.result_files import read_result

FIRST, SENTINEL = "val_accuracy", "val_loss"  # the first metric of an epoch and the last
MOMENTS = {"change": "change", "standard_deviation": "std"}  # column of weights.csv to key; the others stay there


@dataclass(frozen=True)
class MetricPoint:
    """One value of one metric; `timestamp` in milliseconds since 1970.

    `final`: a value of the finished run, which a later evaluation may correct.
    """

    key: str
    value: float
    timestamp: int
    step: int
    final: bool = False


def weights_key(layer: str) -> str:
    """The key of a kernel's images, and the prefix of the keys of its moments."""
    return f"weights_{layer}"


def epoch_points(folder: Path, images: int, stamps: dict[int, int]) -> Iterator[MetricPoint]:
    """For each epoch accuracies, errors, losses, the best accuracy so far, and what became of the kernels.

    Errors are in per cent, since MLflow rounds to two decimals where it writes a value on a bar.

    Args:
        folder: With the run's files.
        images: The number of images validated on.
        stamps: When each epoch ended; empty before the first.
    """
    if not stamps:
        return
    best, best_epoch = -math.inf, 0
    for row in read_result(folder / "history.csv"):
        epoch, accuracy = row.pop("epoch"), row["val_accuracy"]
        if accuracy > best:
            best, best_epoch = accuracy, epoch
        more = {
            "val_error_percent": 100 * round((1 - accuracy) * images) / images,
            "val_minus_train_loss": row["val_loss"] - row["train_loss"],
            "best_val_accuracy": best,
            "best_val_accuracy_epoch": best_epoch,
        }
        for name, value in {**row, **more}.items():
            yield MetricPoint(name, float(value), stamps[epoch], epoch)
    for row in read_result(folder / "weights.csv"):
        epoch = row["epoch"]
        for column, moment in MOMENTS.items():
            if column in row:
                yield MetricPoint(f"{weights_key(row['layer'])}_{moment}", row[column], stamps[epoch], epoch)


def final_points(values: dict[str, float], stamps: dict[int, int]) -> Iterator[MetricPoint]:
    """Values of the finished run, at its last epoch."""
    last = max(stamps, default=0)
    for name, value in values.items():
        yield MetricPoint(name, value, stamps[last], last, final=True)


def test_values(metrics: dict[str, float]) -> dict[str, float]:
    """The metrics of the evaluation on test images."""
    values = {name: value for name, value in metrics.items() if name.startswith("test_")}
    return {**values, "test_error_percent": 100 * metrics["test_errors"] / metrics["test_images"]}


def system_points(environment: dict[str, Any], started: int) -> Iterator[MetricPoint]:
    """CPU, memory and GPU load, once the training is complete: until then samples are still thinned out."""
    for step, row in enumerate(environment["system"] or [] if environment["complete"] else []):
        for name, value in row.items():
            if name != "at":
                yield MetricPoint(f"system/{name}", value, started + milliseconds(row["at"]), step)


def logging_order(point: MetricPoint) -> tuple[int, bool, bool]:
    """Sorts points by epoch; the initial weights follow the first metric of the first epoch."""
    return max(point.step, 1), point.key != FIRST, point.key == SENTINEL


def milliseconds(seconds: float) -> int:
    """Seconds as whole milliseconds, MLflow's unit of time."""
    return round(seconds * 1000)
