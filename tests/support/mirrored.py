"""What MLflow holds of a workspace, and made-up results for it."""

import json
import re
import tempfile
from pathlib import Path

import mlflow
from mlflow.entities import Run

from pipeline.core.files import sha256
from pipeline.formats.tables import read_json, write_json
from tests.support.workspace import RUNS, Workspace

RUN, OTHER = "lenet-dropout", "vgg-batchnorm"
UNIQUE = re.compile(r"\+timestamp\+\d+\+[0-9a-f-]{36}")  # in the names of images
PLAIN = {"pooling": True, "dropout": False, "batch_norm": False}
LAYER = {"layer": "conv1", "type": "Conv2D", "output_shape": "26 × 26 × 256", "parameters": 2560}
SAMPLES = [{"at": float(second), "cpu_utilization_percentage": 50.0 + second} for second in range(5)]


def client(workspace: Workspace) -> mlflow.MlflowClient:
    return mlflow.MlflowClient(f"sqlite:///{workspace.root}/mlflow.db")


def runs(workspace: Workspace, **options: object) -> list[Run]:
    mine = client(workspace)
    return list(mine.search_runs([mine.get_experiment_by_name("mnist").experiment_id], **options))


def ids(workspace: Workspace) -> set[str]:
    """The ids of all runs in MLflow."""
    return {run.info.run_id for run in runs(workspace)}


def sync(workspace: Workspace, *options: str, **environment: str) -> dict[str, str]:
    """What `make sync` prints about each run."""
    lines = workspace.run("python", "-m", "tools.sync", *options, **environment).stdout.splitlines()
    return {name: said.strip() for name, _, said in (line.partition("  ") for line in lines) if name in RUNS}


def content(mine: mlflow.MlflowClient, run: Run) -> dict[str, object]:
    """Everything that MLflow shows of a run, except what MLflow itself assigns: ids and times of logging."""
    curves = {
        key: [(point.step, point.value, point.timestamp) for point in mine.get_metric_history(run.info.run_id, key)]
        for key in run.data.metrics
    }
    hidden = {"rebuilt", "mlflow.user", "mlflow.source.name", "mlflow.source.type"}
    return {
        "name": run.info.run_name,
        "times": (run.info.start_time, run.info.end_time, run.info.status),
        "params": run.data.params,
        "tags": {key: value for key, value in run.data.tags.items() if key not in hidden},
        "curves": curves,
        "files": digests(mine, f"runs:/{run.info.run_id}/"),
        "models": [
            digests(mine, model.artifact_location)
            for model in mine.search_logged_models([run.info.experiment_id], f"source_run_id = '{run.info.run_id}'")
            if str(model.status) == "READY"  # not one that was cut short
        ],
        "data": [(entry.dataset.to_dictionary(), str(entry.tags)) for entry in run.inputs.dataset_inputs],
    }


def digests(mine: mlflow.MlflowClient, address: str) -> dict[str, str]:
    """The SHA-256 of each file at an address of artifacts, except those with ids in them."""
    ids = ("MLmodel", "registered_model_meta")
    with tempfile.TemporaryDirectory() as folder:
        mlflow.artifacts.download_artifacts(address, dst_path=folder, tracking_uri=mine.tracking_uri)
        found = [path for path in Path(folder).rglob("*") if path.is_file() and path.name not in ids]
        return {UNIQUE.sub("", str(path.relative_to(folder))): sha256(path) for path in found}


def of_result(workspace: Workspace, name: str = RUN) -> Run:
    training = json.loads((workspace.results(name) / "environment.json").read_text())["training_id"]
    (found,) = runs(workspace, filter_string=f"tags.training_id = '{training}'")
    return found


def complete(folder: Path, index: int) -> None:
    """Add to a made-up result (tests/support/study.py) what MLflow shows and the report does not need."""
    run, environment = (read_json(folder / name) for name in ("run.json", "environment.json"))
    run |= {"input_key": f"{index:064x}", "layers": [LAYER]}
    run["settings"] |= {"schedule": "constant"}
    begin = environment["started"] + 60 * index
    epochs = [{"epoch": epoch, "seconds": 10.0, "finished": begin + 10 * epoch} for epoch in (1, 2, 3)]
    environment |= {"training_id": f"{index:032x}", "started": begin, "epochs": epochs}
    environment |= {"complete": True, "system": SAMPLES}
    write_json(folder / "run.json", run)
    write_json(folder / "environment.json", environment)
