"""Find a training's run in MLflow by its training id, or create it, with its params and its data set."""

import json
from typing import TYPE_CHECKING

from pipeline.tracking.run_content import RunContent

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run


def find_or_create(client: "MlflowClient", experiment: str, wanted: RunContent) -> "Run":
    """Return the run as it was before this call; add params and data set if it lacks them, as after a crash."""
    from mlflow.entities import Dataset, DatasetInput, InputTag, Param

    found = client.search_runs([experiment], f"tags.training_id = '{wanted.tags['training_id']}'", max_results=1)
    run = (
        found[0]
        if found
        else client.create_run(experiment, start_time=wanted.started, tags=wanted.tags, run_name=wanted.name)
    )
    if not run.data.params:
        params = [Param(name, str(value)) for name, value in wanted.params.items()]
        client.log_batch(run.info.run_id, params=params)
    if not (run.inputs and run.inputs.dataset_inputs):
        data = Dataset(
            name="mnist",
            digest=wanted.tags["data_digest"][:36],  # as long as MLflow takes
            source_type="dvc",
            source=json.dumps({"stage": "preprocess", "folder": "data/processed"}),
            profile=json.dumps(wanted.images),
        )
        client.log_inputs(run.info.run_id, [DatasetInput(data, [InputTag("mlflow.data.context", "training")])])
    return run
