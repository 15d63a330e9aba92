"""Find the MLflow run of a result, or make it from the result's files."""

from typing import TYPE_CHECKING

from pipeline.tracking import logged_model, mlflow_run, run_mirror, weight_images
from pipeline.tracking.run_content import RunContent

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

IDENTITIES = ("training_id", "input_key")  # tags: the training itself first, else one with the same inputs


def sync_run(client: "MlflowClient", experiment: str, wanted: RunContent, restore: bool) -> str:
    """Give a complete result its run.

    Args:
        client: Of the tracking server.
        experiment: MLflow's id of the experiment.
        wanted: What the run shall show.
        restore: Whether to bring back a run that was deleted in MLflow.

    Returns:
        What was found or done, in a word or two.
    """
    from mlflow.entities import ViewType

    for identity in IDENTITIES:
        run = _find(client, experiment, identity, wanted.tags[identity], ViewType.ACTIVE_ONLY)
        if run is None:
            continue
        if identity == "training_id":
            caught_up = _catch_up(client, experiment, run, wanted)
            mlflow_run.mark_present(client, experiment, run)
            return "linked (caught up)" if caught_up else "linked"
        if wanted.model is None or logged_model.find_logged_model(client, run, wanted.model):
            mlflow_run.mark_present(client, experiment, run)
            return "relinked (found by key)"
    for identity in IDENTITIES:
        run = _find(client, experiment, identity, wanted.tags[identity], ViewType.DELETED_ONLY)
        if run is None:
            continue
        if not restore:
            return "deleted in MLflow (`make sync RESTORE=1` brings it back)"
        client.restore_run(run.info.run_id)
        if identity == "training_id":
            _catch_up(client, experiment, client.get_run(run.info.run_id), wanted)
        mlflow_run.mark_present(client, experiment, run)
        return "restored"
    run_id = run_mirror.mirror_run(client, experiment, wanted, "FINISHED")
    client.set_tag(run_id, "rebuilt", "True")
    mlflow_run.mark_present(client, experiment, client.get_run(run_id))
    return "rebuilt" if wanted.model else "rebuilt without model"


def _find(client: "MlflowClient", experiment: str, tag: str, value: str, view: str) -> "Run | None":
    runs = client.search_runs([experiment], f"tags.{tag} = '{value}'", view, max_results=1)
    return runs[0] if runs else None


def _catch_up(client: "MlflowClient", experiment: str, run: "Run", wanted: RunContent) -> bool:
    """Log what the run lacks, or what changed since; returns whether there was anything.

    The digest of the content is logged after everything else but the status. But
    what was logged may have been deleted since, so MLflow is asked whether the files are there.
    """
    images = (wanted.folder / "histograms.json").exists() and wanted.stamps
    if (
        run.info.status == "FINISHED"
        and run_mirror.has_content(client, run, wanted)
        and (not images or client.list_artifacts(run.info.run_id, weight_images.FOLDER))
        and run_mirror.has_model(client, run, wanted)
    ):
        return False
    run_mirror.mirror_run(client, experiment, wanted, "FINISHED")
    return True
