"""Find the MLflow run of a result, or make it from the result's files."""

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.tracking import logged_model, run_mirror
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
        if identity == "input_key":
            return "relinked (found by key)"
        if _differs(client, run, wanted):
            run_mirror.mirror_run(client, experiment, wanted, "FINISHED")
            return "linked (caught up)"
        return "linked"
    for identity in IDENTITIES:
        run = _find(client, experiment, identity, wanted.tags[identity], ViewType.DELETED_ONLY)
        if run is None:
            continue
        if not restore:
            return "deleted in MLflow (--restore brings it back)"
        client.restore_run(run.info.run_id)
        return "restored"
    run_mirror.mirror_run(client, experiment, replace(wanted, tags=wanted.tags | {"rebuilt": "True"}), "FINISHED")
    return "rebuilt" if wanted.model else "rebuilt without model"


def _find(client: "MlflowClient", experiment: str, tag: str, value: str, view: str) -> "Run | None":
    runs = client.search_runs([experiment], f"tags.{tag} = '{value}'", view, max_results=1)
    return runs[0] if runs else None


def _differs(client: "MlflowClient", run: "Run", wanted: RunContent) -> bool:
    """Whether files changed since the run was logged, or its logging was interrupted.

    The digest of the artifacts is logged after params, metrics and images, the model after that, the status last.
    """
    return (
        run.info.status != "FINISHED"
        or run.data.tags.get(run_mirror.ARTIFACTS_DIGEST) != wanted.artifacts_digest()
        or (wanted.model is not None and not logged_model.has_logged_model(client, run))
    )
