"""From a run's folder to what MLflow shows of it; nothing here talks to MLflow."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import files

KEPT_IN_NAME = {"results": ("*.json", "*.csv"), "figures": ("*.png",)}


@dataclass(frozen=True)
class Point:
    """One value of one metric; `timestamp` in milliseconds since 1970."""

    key: str
    value: float
    timestamp: int
    step: int


@dataclass(frozen=True)
class Content:
    """What a run's files say."""

    name: str
    training_id: str
    params: dict[str, Any]
    tags: dict[str, str]
    started: int
    finished: int
    points: list[Point]
    files: dict[str, list[Path]]
    model: Path | None
    requirements: list[str]


def read(folder: Path) -> Content:
    """Read a run's folder, complete or still growing."""
    run = files.read_json(folder / "run.json")
    environment = files.read_json(folder / "environment.json")
    model = folder / "model.keras"
    times = environment["epochs"]
    started = _milliseconds(environment["started"])
    return Content(
        name=run["run"],
        training_id=environment["training_id"],
        params={
            **{name: run[name] for name in ("architecture", "pooling", "dropout", "batch_norm", "protocol")},
            **run["settings"],
            "precision": environment["precision"],
            "threads": environment["threads"],
            "parameters": run["parameters"],
            "multiply_accumulates": run["multiply_accumulates"],
        },
        tags=_tags(run, environment),
        started=started,
        finished=_milliseconds(times[-1]["finished"]) if times else started,
        points=[*_epochs(folder, times), *_test(folder, times), *_system(environment, started)],
        files={name: sorted(p for pattern in patterns for p in folder.glob(pattern)) for name, patterns in KEPT_IN_NAME.items()},
        model=model if model.exists() else None,
        requirements=[f"{name}=={version}" for name, version in environment["versions"].items() if name != "python"],
    )


def _tags(run: dict[str, Any], environment: dict[str, Any]) -> dict[str, str]:
    tags = {
        "training_id": environment["training_id"],
        "input_key": run["input_key"],
        "architecture": run["architecture"],
        "variant": variant(run),
        "protocol": run["protocol"],
        "seed": run["settings"]["seed"],
        "data_digest": run["data_digest"],
        "dvc_stage": f"train@{run['run']}",
        **{name: value for name, value in environment["git"].items() if value is not None},
    }
    return {name: str(value) for name, value in tags.items()}


def variant(run: dict[str, Any]) -> str:
    """The flags in a word: plain, dropout, batchnorm (with dropout), batchnorm only; `nopool` in front if so."""
    word = {(False, False): "plain", (True, False): "dropout", (True, True): "batchnorm", (False, True): "batchnorm-only"}
    name = word[run["dropout"], run["batch_norm"]]
    return name if run["pooling"] else f"nopool-{name}"


def _epochs(folder: Path, times: list[dict[str, float]]) -> Iterator[Point]:
    stamps = {time["epoch"]: _milliseconds(time["finished"]) for time in times}
    if not stamps:
        return
    for row in files.read_csv(folder / "weights.csv"):
        epoch = int(row.pop("epoch"))
        layer = row.pop("layer")
        for name, value in row.items():
            yield Point(f"weights/{layer}/{name}", float(value), stamps[epoch], epoch)
    best, best_epoch = -math.inf, 0
    for row in files.read_csv(folder / "history.csv"):
        epoch = int(row.pop("epoch"))
        if float(row["val_accuracy"]) > best:
            best, best_epoch = float(row["val_accuracy"]), epoch
        values = {**row, "best_val_accuracy": best, "best_val_accuracy_epoch": best_epoch}
        for name, value in values.items():
            yield Point(name, float(value), stamps[epoch], epoch)


def _test(folder: Path, times: list[dict[str, float]]) -> Iterator[Point]:
    if not (folder / "metrics.json").exists():
        return
    last = times[-1]
    for name, value in files.read_json(folder / "metrics.json").items():
        if name.startswith("test_"):
            yield Point(name, value, _milliseconds(last["finished"]), last["epoch"])


def _system(environment: dict[str, Any], started: int) -> Iterator[Point]:
    """Processor, memory and GPU load, once the training is complete: until then samples are still thinned out."""
    for step, row in enumerate(environment["system"] if environment["complete"] else []):
        for name, value in row.items():
            if name != "seconds":
                yield Point(f"system/{name}", value, started + _milliseconds(row["seconds"]), step)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
