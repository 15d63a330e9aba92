"""From a run's folder to what MLflow shows of it; nothing here talks to MLflow."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import files
from pipeline.tracking import card

KEPT = {"results": ("*.json", "*.csv"), "figures": ("*.png",)}


@dataclass(frozen=True)
class Point:
    """One value of one metric; `timestamp` in milliseconds since 1970."""

    key: str
    value: float
    timestamp: int
    step: int


@dataclass(frozen=True)
class Content:
    """What a run's files say; `stamps` are the times of its epochs in milliseconds since 1970."""

    folder: Path
    name: str
    training_id: str
    params: dict[str, Any]
    images: dict[str, int]
    data_digest: str
    tags: dict[str, str]
    description: str
    started: int
    finished: int
    stamps: dict[int, int]
    layers: list[str]
    points: list[Point]
    files: dict[str, list[Path]]
    model: Path | None
    requirements: list[str]


def read(folder: Path) -> Content:
    """Read a run's folder, complete or still growing."""
    run = files.read_json(folder / "run.json")
    environment = files.read_json(folder / "environment.json")
    model, evaluated = folder / "model.keras", folder / "metrics.json"
    metrics = files.read_json(evaluated) if evaluated.exists() else None
    started = _milliseconds(environment["started"])
    stamps = {time["epoch"]: _milliseconds(time["finished"]) for time in environment["epochs"]}
    return Content(
        folder=folder,
        name=run["run"],
        training_id=environment["training_id"],
        params={
            **{name: run[name] for name in ("architecture", "pooling", "dropout", "batch_norm", "protocol")},
            **run["settings"],
            "precision": environment["precision"],
            "threads": environment["threads"],
            **({"onednn": environment["onednn"]} if "onednn" in environment else {}),  # older results have none
            "parameters": run["parameters"],
            "multiply_accumulates": run["multiply_accumulates"],
        },
        images={name: run["settings"][name] for name in ("training_images", "validation_images")},
        data_digest=run["data_digest"],
        tags=_tags(run, environment),
        description=card.describe(run, metrics, variant(run)),
        started=started,
        finished=max(stamps.values(), default=started),
        stamps=stamps,
        layers=list(dict.fromkeys(row["layer"] for row in files.read_csv(folder / "weights.csv"))) if stamps else [],
        points=[*_epochs(folder, stamps), *_test(metrics, stamps), *_system(environment, started)],
        files={name: sorted(path for pattern in KEPT[name] for path in folder.glob(pattern)) for name in KEPT},
        model=model if model.exists() else None,
        requirements=[f"{name}=={version}" for name, version in environment["versions"].items() if name != "python"],
    )


def weights_key(layer: str) -> str:
    """What a kernel's pictures are called, and what the names of its moments begin with.

    Without a slash: MLflow sorts charts with one before all others, and the losses belong first.
    """
    return f"weights_{layer}"


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
    word = {
        (False, False): "plain",
        (True, False): "dropout",
        (True, True): "batchnorm",
        (False, True): "batchnorm-only",
    }
    name = word[run["dropout"], run["batch_norm"]]
    return name if run["pooling"] else f"nopool-{name}"


def _epochs(folder: Path, stamps: dict[int, int]) -> Iterator[Point]:
    if not stamps:
        return
    for row in files.read_csv(folder / "weights.csv"):
        epoch, layer = int(row.pop("epoch")), row.pop("layer")
        for name, value in row.items():
            yield Point(f"{weights_key(layer)}_{name}", float(value), stamps[epoch], epoch)
    best, best_epoch = -math.inf, 0
    for row in files.read_csv(folder / "history.csv"):
        epoch, accuracy = int(row.pop("epoch")), float(row["val_accuracy"])
        if accuracy > best:
            best, best_epoch = accuracy, epoch
        for name, value in {**row, "best_val_accuracy": best, "best_val_accuracy_epoch": best_epoch}.items():
            yield Point(name, float(value), stamps[epoch], epoch)


def _test(metrics: dict[str, float] | None, stamps: dict[int, int]) -> Iterator[Point]:
    for name, value in (metrics or {}).items():
        if name.startswith("test_"):
            last = max(stamps)
            yield Point(name, value, stamps[last], last)


def _system(environment: dict[str, Any], started: int) -> Iterator[Point]:
    """Processor, memory and GPU load, once the training is complete: until then samples are still thinned out."""
    for step, row in enumerate(environment["system"] or [] if environment["complete"] else []):
        for name, value in row.items():
            if name != "at":
                yield Point(f"system/{name}", value, started + _milliseconds(row["at"]), step)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
