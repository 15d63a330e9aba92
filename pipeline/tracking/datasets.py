"""The data sets that a run used, as MLflow shows them: one for training, validation and test, each with its counts."""

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.constants import INPUT_SHAPE

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

CONTEXT = "mlflow.data.context"  # the tag that says what a run used a data set for


@dataclass(frozen=True)
class UsedData:
    """The first `images` of a split, or as many of the test set, as `context` (training, validation or test).

    MLflow keeps the first profile of a name and digest, so both depend on the number of images.
    """

    context: str
    split: str
    images: int
    data_digest: str

    @property
    def name(self) -> str:
        """Such as train-10000."""
        return f"{self.split}-{self.images}"

    @property
    def digest(self) -> str:
        """Differs between data, splits and numbers of images."""
        return hashlib.sha256(f"{self.data_digest} {self.name}".encode()).hexdigest()[:16]


def used_data(run: dict[str, Any], metrics: dict[str, float] | None) -> dict[str, UsedData]:
    """What a run used, by the prefix of the metrics measured on it; the test set is used once it is evaluated."""
    settings, digest = run["settings"], run["data_digest"]
    used = {
        "train_": UsedData("training", "train", settings["training_images"], digest),
        "val_": UsedData("validation", settings["validation_data"], settings["validation_images"], digest),
    }
    return used | {"test_": UsedData("test", "test", metrics["test_images"], digest)} if metrics else used


def log_data(client: "MlflowClient", run: "Run", used: dict[str, UsedData]) -> None:
    """Log the data sets that the run lacks."""
    from mlflow.entities import DatasetInput, InputTag

    present = {
        (entry.dataset.name, entry.dataset.digest, tag.value)
        for entry in run.inputs.dataset_inputs
        for tag in entry.tags
    }
    missing = [each for each in used.values() if (each.name, each.digest, each.context) not in present]
    if missing:
        new = [DatasetInput(_dataset(each), [InputTag(CONTEXT, each.context)]) for each in missing]
        client.log_inputs(run.info.run_id, new)


def _dataset(used: UsedData) -> Any:
    """MLflow's entity, with a schema and counts as it writes them for arrays of numpy."""
    import numpy as np
    from mlflow.data.schema import TensorDatasetSchema
    from mlflow.entities import Dataset
    from mlflow.types import Schema, TensorSpec

    schema = TensorDatasetSchema(
        Schema([TensorSpec(np.dtype(np.uint8), (-1, *INPUT_SHAPE))]), Schema([TensorSpec(np.dtype(np.uint8), (-1,))])
    )
    shapes = {"features_shape": [used.images, *INPUT_SHAPE], "targets_shape": [used.images]}
    return Dataset(
        name=used.name,
        digest=used.digest,
        source_type="dvc",
        source=json.dumps({"stage": "preprocess", "file": f"data/processed/{used.split}.npz"}),
        schema=json.dumps(schema.to_dict()),
        profile=json.dumps({"num_rows": used.images, **shapes, "data_card_sha256": used.data_digest}),
    )
