"""The artefact as an MLflow model: the very file, with a signature, an example and pinned requirements."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

EXAMPLE = np.zeros((1, 28, 28, 1), np.uint8)  # a stroke: a one
EXAMPLE[:, 4:24, 13:16] = 255


def log_model(run: "Run", path: Path, requirements: list[str]) -> None:
    """Log the `.keras` file at `path` as the model of a run; loadable with mlflow.keras and as a python function."""
    import mlflow.keras
    from mlflow.models import Model, ModelSignature
    from mlflow.types import Schema, TensorSpec

    class Flavor:
        """mlflow.keras, but the file is copied, byte for byte, instead of saved anew."""

        __name__ = "mlflow.keras"

        @staticmethod
        def save_model(path: str, validate_serving_input: bool, **options: Any) -> None:
            Path(path).mkdir()  # mlflow.keras writes the example before it makes the folder
            mlflow.keras.save_model(path=path, **options)

    signature = ModelSignature(
        Schema([TensorSpec(np.dtype(np.uint8), (-1, 28, 28, 1))]),
        Schema([TensorSpec(np.dtype(np.float32), (-1, 10))]),
    )
    mlflow.set_experiment(experiment_id=run.info.experiment_id)  # the model's too, though the run has one
    Model.log(
        None,
        Flavor(),
        name="model",
        run_id=run.info.run_id,
        model=_File(path),
        signature=signature,
        input_example=EXAMPLE,
        pip_requirements=requirements,
        validate_serving_input=False,  # it would load the file and predict, each time
    )


def has_logged_model(client: "MlflowClient", run: "Run") -> bool:
    """Whether the run has a model, other than one that was being logged when its process died and lacks its files."""
    logged = client.search_logged_models([run.info.experiment_id], f"source_run_id = '{run.info.run_id}'")
    halves = {model.model_id for model in logged if str(model.status) != "READY"}
    return any(output.model_id not in halves for output in run.outputs.model_outputs)


class _File:
    """A model that is saved by copying its file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def save(self, target: str) -> None:
        shutil.copyfile(self.path, target)
