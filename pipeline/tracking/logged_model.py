"""A model.keras as an MLflow model: the file itself, with a signature, an example and pinned requirements."""

import shutil
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np

from models.constants import INPUT_SHAPE, NUM_CLASSES
from pipeline.core.files import sha256
from pipeline.core.packages import installed_version
from pipeline.runtime import session
from pipeline.tracking.mlflow_run import DESCRIPTION
from pipeline.tracking.run_content import RunContent

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel, Run
    from mlflow.models import Model

FILE = "data/model.keras"  # where an MLflow model has the file
EXAMPLE = np.zeros((1, *INPUT_SHAPE), np.uint8)  # a vertical stroke: a one
EXAMPLE[:, 4:24, 13:16] = 255


def save_mlflow_model(source: Path, folder: Path, requirements: list[str], model: "Model | None" = None) -> None:
    """Write an MLflow model, loadable with mlflow.keras and as a python function.

    Args:
        source: A `.keras` file, which is copied byte for byte.
        folder: Where to write the model; it must not exist.
        requirements: Pinned packages, as pip takes them.
        model: What MLflow knows of the model so far.
    """
    session.import_tensorflow()  # mlflow.keras imports it, too, and would show its notices
    import mlflow.keras
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    signature = ModelSignature(
        Schema([TensorSpec(np.dtype(np.uint8), (-1, *INPUT_SHAPE))]),
        Schema([TensorSpec(np.dtype(np.float32), (-1, NUM_CLASSES))]),
    )
    folder.mkdir()  # mlflow.keras writes the example before it makes the folder
    mlflow.keras.save_model(
        _File(source),
        str(folder),
        mlflow_model=model,
        signature=signature,
        input_example=EXAMPLE,
        pip_requirements=requirements,
    )


def log_model(
    client: "MlflowClient", run: "Run", source: Path, requirements: list[str], name: str, step: int = 0
) -> "LoggedModel":
    """Log the `.keras` file `source` as the model `name` of a run, trained until `step`."""
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model

    run_id = run.info.run_id
    made = client.create_logged_model(run.info.experiment_id, name, run_id, params=run.data.params)
    client.log_outputs(run_id, [LoggedModelOutput(made.model_id, step)])
    model = Model(made.artifact_location, model_uuid=made.model_id, model_id=made.model_id, run_id=run_id)
    with tempfile.TemporaryDirectory() as folder:
        save_mlflow_model(source, Path(folder) / "model", requirements, model)
        client.log_model_artifacts(made.model_id, f"{folder}/model")
    return client.finalize_logged_model(made.model_id, "READY")


def find_logged_model(client: "MlflowClient", run: "Run", source: Path) -> "LoggedModel | None":
    """The run's complete model with the file `source`, which is there."""
    linked = {output.model_id for output in run.outputs.model_outputs}
    found = (model for model in _logged(client, run) if model.model_id in linked and _is_there(client, model, source))
    return next(found, None)


def delete_lost_models(client: "MlflowClient", run: "Run", source: Path) -> None:
    """Delete the run's models whose files are lost, or whose logging was interrupted."""
    for model in _logged(client, run):
        if not _is_there(client, model, source):
            client.delete_logged_model(model.model_id)


def _logged(client: "MlflowClient", run: "Run") -> "list[LoggedModel]":
    return client.search_logged_models([run.info.experiment_id], f"source_run_id = '{run.info.run_id}'")


def _is_there(client: "MlflowClient", model: "LoggedModel", source: Path) -> bool:
    """Whether MLflow has this file of a model, of the same size, and in a local folder with the same content."""
    if str(model.status) != "READY":
        return False
    sizes = {
        item.path: item.file_size
        for folder in (None, PurePosixPath(FILE).parent.as_posix())
        for item in client.list_logged_model_artifacts(model.model_id, folder)
    }
    if "MLmodel" not in sizes or sizes.get(FILE) != source.stat().st_size:
        return False
    if not model.artifact_location.startswith("file:"):
        return True
    return sha256(Path(url2pathname(urlsplit(model.artifact_location).path)) / FILE) == sha256(source)


def has_card(client: "MlflowClient", model: "LoggedModel", card: Path) -> bool:
    """Whether the model has this card, as its description and as a file beside its own."""
    if model.tags.get(DESCRIPTION) != _text(card):
        return False
    sizes = {item.path: item.file_size for item in client.list_logged_model_artifacts(model.model_id)}
    return sizes.get(card.name) == card.stat().st_size


def log_card(client: "MlflowClient", model: "LoggedModel", card: Path) -> None:
    """Give the model its card, if it has not this one."""
    if not has_card(client, model, card):
        client.log_model_artifact(model.model_id, str(card))
        client.set_logged_model_tags(model.model_id, {DESCRIPTION: _text(card)})


def _text(card: Path) -> str:
    return card.read_text(encoding="utf-8", errors="replace")


def log_metrics(client: "MlflowClient", run: "Run", model: "LoggedModel", wanted: RunContent) -> None:
    """Give the model the metrics of the run's last epoch that it lacks, with the data that each was measured on."""
    from mlflow.entities import Metric

    known = {metric.key: metric.value for metric in model.metrics or []}
    metrics = [
        Metric(
            point.key,
            point.value,
            point.timestamp,
            point.step,
            model_id=model.model_id,
            dataset_name=used.name,
            dataset_digest=used.digest,
            run_id=run.info.run_id,
        )
        for point in wanted.last_points()
        for used in [wanted.data[point.key.partition("_")[0] + "_"]]
        if known.get(point.key) != point.value
    ]
    if metrics:
        client.log_batch(run.info.run_id, metrics=metrics)


def installed_requirements() -> list[str]:
    """The installed versions of what a model needs."""
    return [f"{name}=={installed_version(name)}" for name in ("tensorflow", "keras", "numpy")]


class _File:
    """A model whose `save` copies its file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def save(self, target: str) -> None:
        shutil.copyfile(self.path, target)
