"""A lost database, and a process killed while it logged a run to MLflow: `make sync` adds what is missing."""

import shutil

import mlflow
import pytest

from tests.support.mirrored import OTHER, RUN, client, content, of_result, sync
from tests.support.workspace import RUNS, Workspace

pytestmark = pytest.mark.slow

KILLED_EARLY = f"""
from pathlib import Path
from mlflow.entities import LoggedModelOutput
from pipeline.tracking import run_content, store

client, experiment = store.connect()
wanted = run_content.read_content(Path("results/runs/{RUN}"))
run = client.create_run(experiment, start_time=wanted.started, tags=wanted.tags, run_name=wanted.name)
model = client.create_logged_model(experiment, name="model", source_run_id=run.info.run_id)
client.log_outputs(run.info.run_id, [LoggedModelOutput(model.model_id, 0)])
"""


def test_a_lost_database_is_rebuilt_and_an_interrupted_run_is_completed(copied: Workspace, finished: Workspace) -> None:
    sync(finished)
    for path in copied.root.glob("mlflow.db*"):
        path.unlink()
    shutil.rmtree(copied.root / "mlartifacts")
    copied.run("python", "-c", KILLED_EARLY)
    assert of_result(copied).data.params == {}
    assert sync(copied) == {RUN: "linked (caught up)", OTHER: "rebuilt"}
    mine = client(copied)
    for name in RUNS:
        assert content(mine, of_result(copied, name)) == content(client(finished), of_result(finished, name))
    run = of_result(copied)
    (whole,) = mine.search_logged_models([run.info.experiment_id], f"source_run_id = '{run.info.run_id}'")
    assert str(whole.status) == "READY"  # the one whose logging was interrupted is deleted
    assert any(item.path.endswith("MLmodel") for item in mine.list_logged_model_artifacts(whole.model_id))
    rebuilt = of_result(copied, OTHER)
    assert rebuilt.data.tags["rebuilt"] == "True"
    mlflow.set_tracking_uri(f"sqlite:///{copied.root}/mlflow.db")
    assert mlflow.keras.load_model(f"models:/{rebuilt.outputs.model_outputs[0].model_id}").name == "vgg"
    assert sync(copied) == dict.fromkeys(RUNS, "linked")
