"""A model.keras as an MLflow model: the file itself, with a signature, an example and pinned requirements."""

import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np

from models.constants import INPUT_SHAPE, NUM_CLASSES
from pipeline.core.files import sha256
from pipeline.core.packages import installed_version
from pipeline.runtime import session

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


def log_model(run: "Run", source: Path, requirements: list[str]) -> str:
    """Log the `.keras` file `source` as the model of a run; returns MLflow's id of the model."""
    import mlflow
    from mlflow.models import Model

    mlflow.set_experiment(experiment_id=run.info.experiment_id)  # the model's too, though the run has one
    logged = Model.log(
        None,
        _Flavor(),
        name="model",
        run_id=run.info.run_id,
        source=source,
        requirements=requirements,
        validate_serving_input=False,  # it would load the file and predict, each time
    )
    return str(logged.model_id)


def has_logged_model(client: "MlflowClient", run: "Run", source: Path) -> bool:
    """Whether the run has a complete model with the file `source`, which is there."""
    linked = {output.model_id for output in run.outputs.model_outputs}
    return any(model.model_id in linked and _is_there(client, model, source) for model in _logged(client, run))


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


def installed_requirements() -> list[str]:
    """The installed versions of what a model needs."""
    return [f"{name}=={installed_version(name)}" for name in ("tensorflow", "keras", "numpy")]


class _Flavor:
    """What `Model.log` calls to write a model."""

    __name__ = "mlflow.keras"

    @staticmethod
    def save_model(
        path: str, mlflow_model: "Model", source: Path, requirements: list[str], validate_serving_input: bool
    ) -> None:
        save_mlflow_model(source, Path(path), requirements, mlflow_model)


class _File:
    """A model whose `save` copies its file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def save(self, target: str) -> None:
        shutil.copyfile(self.path, target)
