"""A training's run in MLflow: found by its training id or made, with its params and its data set."""

import json
from typing import TYPE_CHECKING

from pipeline.tracking.run_content import RunContent

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run


def find_or_create(client: "MlflowClient", experiment: str, wanted: RunContent) -> "Run":
    """The run as it is before this call. What it lacks is added: whoever made it may have been killed before that."""
    from mlflow.entities import Dataset, DatasetInput, InputTag, Param

    found = client.search_runs([experiment], f"tags.training_id = '{wanted.training_id}'", max_results=1)
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
            digest=wanted.data_digest[:36],  # as long as MLflow takes
            source_type="dvc",
            source=json.dumps({"stage": "preprocess", "folder": "data/processed"}),
            profile=json.dumps(wanted.images),
        )
        client.log_inputs(run.info.run_id, [DatasetInput(data, [InputTag("mlflow.data.context", "training")])])
    return run
