"""From a run's folder to what MLflow shows of it; nothing here talks to MLflow."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.errors import reason
from pipeline.core.files import sha256
from pipeline.formats.result_files import damaged, read_result
from pipeline.stress.score import FILES as STRESS_FILES
from pipeline.tracking import description, metric_points
from pipeline.tracking.metric_points import MetricPoint, milliseconds

EVALUATION_FILES = {"metrics.json", "per_class.csv", "predictions.csv", *STRESS_FILES}


@dataclass(frozen=True)
class RunContent:
    """What a run's files say. Times are in milliseconds since 1970: `stamps` maps each epoch to when it ended.

    `files` are the artifacts, by their folder in MLflow; `requirements` are the pinned packages that the model needs.
    """

    folder: Path
    name: str
    params: dict[str, Any]
    images: dict[str, int]
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

    def artifacts_digest(self) -> str:
        """The SHA-256 of the names and contents of `files`."""
        lines = [f"{folder}/{path.name} {sha256(path)}\n" for folder, paths in self.files.items() for path in paths]
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def read_content(folder: Path, *, figures: bool = True) -> RunContent:
    """Read a run's folder, complete or still growing.

    Args:
        folder: With the run's files.
        figures: Whether the figures are among the artifacts. They are drawn after the evaluation: until then, those in
            the folder are of a former training.

    Raises:
        PipelineError: a file is damaged, or the files are not those of one training.
    """
    try:
        return _content(folder, figures)
    except LookupError as error:  # such as an epoch without its time
        raise damaged(folder / "run.json", f"the other files are not of this training ({reason(error)})") from None


def _content(folder: Path, figures: bool) -> RunContent:
    run = read_result(folder / "run.json")
    environment = read_result(folder / "environment.json")
    model, metrics = folder / "model.keras", _metrics(folder)
    started = milliseconds(environment["started"])
    stamps = {time["epoch"]: milliseconds(time["finished"]) for time in environment["epochs"] or []}
    return RunContent(
        folder=folder,
        name=run["run"],
        params={
            **{name: run[name] for name in ("architecture", "pooling", "dropout", "batch_norm", "protocol")},
            **run["settings"],
            **{name: environment[name] for name in ("precision", "threads", "onednn") if name in environment},
            "parameters": run["parameters"],
            "multiply_accumulates": run["multiply_accumulates"],
        },
        images={name: value for name, value in run["settings"].items() if name.endswith("_images")},
        tags=_tags(run, environment),
        description=description.run_description(run, metrics, variant_name(run)),
        started=started,
        finished=max([started, *stamps.values()]),
        stamps=stamps,
        layers=list(dict.fromkeys(row["layer"] for row in read_result(folder / "weights.csv"))) if stamps else [],
        points=[
            *metric_points.epoch_points(folder, stamps),
            *metric_points.test_points(metrics, stamps),
            *metric_points.stress_points(folder, metrics, stamps),
            *metric_points.system_points(environment, started),
        ],
        files=_artifacts(folder, evaluated=metrics is not None, figures=figures),
        model=model if model.exists() else None,
        requirements=[f"{name}=={version}" for name, version in environment["versions"].items() if name != "python"],
    )


def _artifacts(folder: Path, *, evaluated: bool, figures: bool) -> dict[str, list[Path]]:
    results = sorted([*folder.glob("*.json"), *folder.glob("*.csv")])
    if not evaluated:
        return {"results": [path for path in results if path.name not in EVALUATION_FILES]}
    return {"results": results, "figures": sorted(folder.glob("*.png")) if figures else []}


def _metrics(folder: Path) -> dict[str, float] | None:
    """The metrics of the evaluation; None before it, when DVC may have left those of a former training."""
    path = folder / "metrics.json"
    if not path.exists():
        return None
    metrics = read_result(path)
    return metrics if metrics_match_history(metrics, read_result(folder / "history.csv")[-1]) else None


def metrics_match_history(metrics: dict[str, float], last: dict[str, float]) -> bool:
    """Whether an evaluation's metrics are those of the training whose history ends with the row `last`."""
    return all(metrics[name] == last[name] for name in ("val_accuracy", "val_loss"))


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
    """The flags in a word: plain, dropout, batchnorm (with dropout) or batchnorm-only; `nopool-` first if so."""
    names = {(0, 0): "plain", (1, 0): "dropout", (1, 1): "batchnorm", (0, 1): "batchnorm-only"}
    name = names[run["dropout"], run["batch_norm"]]
    return name if run["pooling"] else f"nopool-{name}"
