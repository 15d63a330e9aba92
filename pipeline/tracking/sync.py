"""Every result has its MLflow run: find it, or make it from the files."""

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.tracking import logged_model, run_mirror
from pipeline.tracking.run_content import RunContent

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

IDENTITIES = ("training_id", "input_key")  # the very training first, else one of equal inputs


def sync_run(client: "MlflowClient", experiment: str, wanted: RunContent, restore: bool) -> str:
    """See to it that a complete result has its run, and say in a word what was found or done.

    A run that a person deleted stays deleted unless `restore`.
    """
    from mlflow.entities import ViewType

    for identity in IDENTITIES:
        run = _find(client, experiment, identity, wanted.tags[identity], ViewType.ACTIVE_ONLY)
        if run is None:
            continue
        if identity == "input_key":
            return "relinked (found by key)"
        if _lacks(client, run, wanted):
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


def _lacks(client: "MlflowClient", run: "Run", wanted: RunContent) -> bool:
    """Whether the mirror was interrupted: by a server that was away, or by a crash."""
    metrics = {point.key: point.value for point in wanted.points if point.key.startswith("test_")}
    return (
        run.info.status != "FINISHED"
        or any(run.data.metrics.get(key) != value for key, value in metrics.items())
        or (wanted.model is not None and not logged_model.has_logged_model(client, run))
        or not run.data.params
        or not client.list_artifacts(run.info.run_id, "figures")
    )
