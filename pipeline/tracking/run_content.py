"""From a run's folder to what MLflow shows of it; nothing here talks to MLflow."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.errors import reason
from pipeline.core.files import sha256
from pipeline.figures import run_styles
from pipeline.formats.result_files import damaged, read_result
from pipeline.formats.tables import read_csv
from pipeline.stress.score import FILES as STRESS_FILES
from pipeline.tracking import datasets, description, metric_points
from pipeline.tracking.datasets import UsedData
from pipeline.tracking.metric_points import MetricPoint, milliseconds

CARD = "card.md"
EVALUATION_FILES = {"metrics.json", "per_class.csv", "predictions.csv", *STRESS_FILES}


@dataclass(frozen=True)
class RunContent:
    """What a run's files say, with times in milliseconds since 1970.

    `stamps` maps each complete epoch to when it ended and 0 to the start of the training; it is empty before the first.
    `data` are by the prefix of the metrics measured on them; `files` are the artifacts, by their folder in MLflow;
    `requirements` are the pinned packages that the model needs.
    """

    folder: Path
    name: str
    params: dict[str, Any]
    data: dict[str, UsedData]
    tags: dict[str, str]
    description: str
    started: int
    finished: int
    stamps: dict[int, int]
    layers: list[str]
    points: list[MetricPoint]
    files: dict[str, list[Path]]
    model: Path | None
    card: Path | None
    requirements: list[str]

    def digest(self) -> str:
        """The SHA-256 of everything but the model and the pictures of weights; equal for equal content."""
        files = [(folder, path.name, sha256(path)) for folder, paths in self.files.items() for path in paths]
        content = (self.name, self.params, self.data, self.tags, self.description, self.points, files)
        return hashlib.sha256(repr(content).encode()).hexdigest()

    def last_points(self) -> list[MetricPoint]:
        """The metrics of the trained model: those on training, validation and test images at the last epoch."""
        last = max(self.stamps, default=0)
        return [point for point in self.points if point.step == last and point.key.startswith(tuple(self.data))]


def read_content(folder: Path, *, figures: bool = True) -> RunContent:
    """Read a run's folder, complete or still growing.

    Args:
        folder: With the run's files.
        figures: Whether the figures and the model card are among the artifacts. They are drawn after the evaluation:
            until then, those in the folder are of a former training.

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
    data = datasets.used_data(run, metrics)
    started = milliseconds(environment["started"])
    ended = {time["epoch"]: milliseconds(time["finished"]) for time in environment["epochs"] or []}
    stamps = {0: started, **ended} if ended else {}
    card = find_card(folder, environment) if figures and metrics else None
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
        data=data,
        tags=_tags(run, environment),
        description=description.run_description(run, metrics, variant_name(run)),
        started=started,
        finished=max([started, *stamps.values()]),
        stamps=stamps,
        layers=list(dict.fromkeys(row["layer"] for row in read_result(folder / "weights.csv"))) if stamps else [],
        points=[
            *metric_points.epoch_points(folder, data["val_"].images, stamps),
            *metric_points.final_points(_final_values(folder, environment, metrics), stamps),
            *metric_points.system_points(environment, started),
        ],
        files=_artifacts(folder, card, evaluated=metrics is not None, figures=figures),
        model=model if model.exists() else None,
        card=card,
        requirements=[f"{name}=={version}" for name, version in environment["versions"].items() if name != "python"],
    )


def find_card(folder: Path, environment: dict[str, Any]) -> Path | None:
    """The card of a run's model; None before it is written, when that of a former training may be left."""
    path = folder / CARD
    return path if path.is_file() and environment["training_id"].encode() in path.read_bytes() else None


def _artifacts(folder: Path, card: Path | None, *, evaluated: bool, figures: bool) -> dict[str, list[Path]]:
    results = sorted([*folder.glob("*.json"), *folder.glob("*.csv"), *([card] if card else [])])
    if not evaluated:
        return {"results": [path for path in results if path.name not in EVALUATION_FILES]}
    return {"results": results, "figures": sorted(folder.glob("*.png")) if figures else []}


def _metrics(folder: Path) -> dict[str, float] | None:
    """The evaluation's metrics and number of images; None before it, when those of a former training may be left."""
    path = folder / "metrics.json"
    if not path.exists():
        return None
    metrics = read_result(path)
    if not metrics_match_history(metrics, read_result(folder / "history.csv")[-1]):
        return None
    return metrics | {"test_images": len(read_csv(folder / "predictions.csv"))}


def metrics_match_history(metrics: dict[str, float], last: dict[str, float]) -> bool:
    """Whether an evaluation's metrics are those of the training whose history ends with the row `last`."""
    return all(metrics[name] == last[name] for name in ("val_accuracy", "val_loss"))


def _final_values(folder: Path, environment: dict[str, Any], metrics: dict[str, float] | None) -> dict[str, float]:
    """What is measured once, after the training; further files with values of a run belong here."""
    seconds = {"training_seconds": environment["seconds"]} if environment["complete"] else {}
    if metrics is None:
        return seconds
    stress = read_result(folder / "stress.json") if (folder / "stress.json").exists() else {}
    return metric_points.test_values(metrics) | seconds | {f"stress/{name}": value for name, value in stress.items()}


def _tags(run: dict[str, Any], environment: dict[str, Any]) -> dict[str, str]:
    git = environment["git"]
    tags = {
        "mlflow.runColor": run_styles.run_colour(run["architecture"], run_styles.flags(run)),
        "mlflow.user": environment["host"],
        "mlflow.source.type": "LOCAL",
        "mlflow.source.name": "pipeline/train.py",
        "mlflow.source.git.commit": git["git_commit"],
        "training_id": environment["training_id"],
        "input_key": run["input_key"],
        "architecture": run["architecture"],
        "variant": variant_name(run),
        "protocol": run["protocol"],
        "seed": run["settings"]["seed"],
        "data_digest": run["data_digest"],
        "dvc_stage": f"train@{run['run']}",
        **git,
    }
    return {name: str(value) for name, value in tags.items() if value is not None}


def variant_name(run: dict[str, Any]) -> str:
    """The flags in a word: plain, dropout, batchnorm (with dropout) or batchnorm-only; `nopool-` first if so."""
    return run_styles.VARIANTS[run_styles.flags(run)].name
