"""A process that was killed while it told MLflow of a run: the next one adds what is missing."""

from tests.test_sync import RUN, client, content, of_result, sync
from tests.workspace import Workspace

KILLED_EARLY = f"""
from pathlib import Path
from mlflow.entities import LoggedModelOutput
from pipeline.tracking import content, store

client, experiment = store.connect()
wanted = content.read(Path("results/runs/{RUN}"))
run = client.create_run(experiment, start_time=wanted.started, tags=wanted.tags, run_name=wanted.name)
model = client.create_logged_model(experiment, name="model", source_run_id=run.info.run_id)
client.log_outputs(run.info.run_id, [LoggedModelOutput(model.model_id, 0)])
"""


def test_a_run_without_params_and_half_a_model_are_completed(copied: Workspace, finished: Workspace) -> None:
    for path in copied.root.glob("mlflow.db*"):
        path.unlink()
    copied.run("python", "-c", KILLED_EARLY)
    assert of_result(copied).data.params == {}
    assert sync(copied)[RUN] == "linked (caught up)"
    run, mine = of_result(copied), client(copied)
    assert content(mine, run) == content(client(finished), of_result(finished))
    models = [mine.get_logged_model(output.model_id) for output in run.outputs.model_outputs]
    assert sorted(str(model.status) for model in models) == ["PENDING", "READY"]
    (whole,) = [model for model in models if str(model.status) == "READY"]
    assert any(item.path.endswith("MLmodel") for item in mine.list_logged_model_artifacts(whole.model_id))
