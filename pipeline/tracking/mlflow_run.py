"""Find a training's run in MLflow by its training id, or create it; which run of a name is the present result."""

from typing import TYPE_CHECKING

from pipeline.tracking.run_content import RunContent

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

DESCRIPTION = "mlflow.note.content"  # the tag that MLflow shows as a run's description
RESULT = "result"  # a tag: whether a run is what results/ holds
PRESENT, FORMER, EXPERIMENT = "present", "former", "experiment"


def find_or_create(client: "MlflowClient", experiment: str, wanted: RunContent, status: str) -> "Run":
    """Return the run as it was before this call; add params and tags that it lacks, as after a crash."""
    from mlflow.entities import Param, RunTag

    found = client.search_runs([experiment], f"tags.training_id = '{wanted.tags['training_id']}'", max_results=1)
    run = (
        found[0]
        if found
        else client.create_run(experiment, start_time=wanted.started, tags=wanted.tags, run_name=wanted.name)
    )
    params = {name: str(value) for name, value in wanted.params.items() if name not in run.data.params}
    tags = wanted.tags | {DESCRIPTION: wanted.description, RESULT: _result(wanted, status)}
    changed = {name: value for name, value in tags.items() if run.data.tags.get(name) != value}
    if params or changed:
        client.log_batch(
            run.info.run_id,
            params=[Param(*item) for item in params.items()],
            tags=[RunTag(*item) for item in changed.items()],
        )
    return run


def _result(wanted: RunContent, status: str) -> str:
    """The value of the tag `result`; a training that failed or was stopped is none, until it goes on."""
    if "experiment" in wanted.tags:
        return EXPERIMENT
    return PRESENT if status in ("RUNNING", "FINISHED") else FORMER


def mark_present(client: "MlflowClient", experiment: str, run: "Run") -> None:
    """Tag a run as the present result, and the one of the same name that was it as a former one."""
    query = f"tags.{RESULT} = '{PRESENT}' and tags.dvc_stage = '{run.data.tags['dvc_stage']}'"
    present = {each.info.run_id for each in client.search_runs([experiment], query)}
    for other in present - {run.info.run_id}:
        client.set_tag(other, RESULT, FORMER)
    if run.info.run_id not in present:
        client.set_tag(run.info.run_id, RESULT, PRESENT)


def mark_removed(client: "MlflowClient", experiment: str, names: list[str]) -> None:
    """Tag the present results of runs that are no longer in params.yaml, whose names are `names`, as former ones."""
    for run in client.search_runs([experiment], f"tags.{RESULT} = '{PRESENT}'"):
        if run.data.tags.get("dvc_stage", "").removeprefix("train@") not in names:
            client.set_tag(run.info.run_id, RESULT, FORMER)
