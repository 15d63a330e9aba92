"""From a run's folder to what MLflow shows of it; nothing here talks to MLflow."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.formats.tables import read_csv, read_json
from pipeline.tracking import description, metric_points
from pipeline.tracking.metric_points import MetricPoint, milliseconds

KEPT = {"results": ("*.json", "*.csv"), "figures": ("*.png",)}
OF_EVALUATION = {"metrics.json", "per_class.csv", "predictions.csv", "confusion_matrix.png", "mistakes.png"}


@dataclass(frozen=True)
class RunContent:
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
    points: list[MetricPoint]
    files: dict[str, list[Path]]
    model: Path | None
    requirements: list[str]


def read_content(folder: Path) -> RunContent:
    """Read a run's folder, complete or still growing."""
    run = read_json(folder / "run.json")
    environment = read_json(folder / "environment.json")
    model, metrics = folder / "model.keras", _metrics(folder)
    without = set() if metrics else OF_EVALUATION
    started = milliseconds(environment["started"])
    stamps = {time["epoch"]: milliseconds(time["finished"]) for time in environment["epochs"]}
    return RunContent(
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
        description=description.run_description(run, metrics, variant_name(run)),
        started=started,
        finished=max(stamps.values(), default=started),
        stamps=stamps,
        layers=list(dict.fromkeys(row["layer"] for row in read_csv(folder / "weights.csv"))) if stamps else [],
        points=[
            *metric_points.epoch_points(folder, stamps),
            *metric_points.test_points(metrics, stamps),
            *metric_points.system_points(environment, started),
        ],
        files={
            name: sorted(path for pattern in KEPT[name] for path in folder.glob(pattern) if path.name not in without)
            for name in KEPT
        },
        model=model if model.exists() else None,
        requirements=[f"{name}=={version}" for name, version in environment["versions"].items() if name != "python"],
    )


def _metrics(folder: Path) -> dict[str, float] | None:
    """What the evaluation found, None where there was none since the last training: DVC leaves the former one's."""
    path = folder / "metrics.json"
    if not path.exists():
        return None
    metrics = read_json(path)
    return metrics if metrics_match_history(metrics, read_csv(folder / "history.csv")[-1]) else None


def metrics_match_history(metrics: dict[str, float], last: dict[str, str]) -> bool:
    """Whether an evaluation's metrics are those of the training whose history ends with the row `last`."""
    return all(metrics[name] == float(last[name]) for name in ("val_accuracy", "val_loss"))


def _tags(run: dict[str, Any], environment: dict[str, Any]) -> dict[str, str]:
    tags = {
        "training_id": environment["training_id"],
        "input_key": run["input_key"],
        "architecture": run["architecture"],
        "variant": variant_name(run),
        "protocol": run["protocol"],
        "seed": run["settings"]["seed"],
        "data_digest": run["data_digest"],
        "dvc_stage": f"train@{run['run']}",
        **{name: value for name, value in environment["git"].items() if value is not None},
    }
    return {name: str(value) for name, value in tags.items()}


def variant_name(run: dict[str, Any]) -> str:
    """The flags in a word: plain, dropout, batchnorm (with dropout), batchnorm only; `nopool` in front if so."""
    word = {
        (False, False): "plain",
        (True, False): "dropout",
        (True, True): "batchnorm",
        (False, True): "batchnorm-only",
    }
    name = word[run["dropout"], run["batch_norm"]]
    return name if run["pooling"] else f"nopool-{name}"
