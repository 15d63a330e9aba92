"""Log a run's folder to MLflow.

`mirror_run` is idempotent: it adds what MLflow lacks. So the same function logs a training while it runs, completes a
run after an outage, and rebuilds a run that was lost.
"""

import re
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.errors import Interrupted
from pipeline.tracking import logged_model, mlflow_run, run_content, store, weight_images
from pipeline.tracking.metric_points import STRESS_SECTION, MetricPoint
from pipeline.tracking.run_content import RunContent

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

PATIENCE = 60.0  # seconds until a tracking server that failed is asked again
BATCH = 1000  # metrics that MLflow takes in one call
DESCRIPTION = "mlflow.note.content"  # the tag that MLflow shows as a run's description
ARTIFACTS_DIGEST = "artifacts_sha256"  # a tag: the digest of the artifacts that were logged
CREDENTIALS = re.compile(r"//[^/@\s]+@")  # user and password in an address
SENTINEL = "val_loss"  # logged last in each epoch, so its last step is the last epoch that is completely logged


class RunMirror:
    """Logs one run's folder; if the tracking server cannot be reached, it prints a warning and training continues."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client: MlflowClient | None = None
        self.experiment = ""
        self.away_since: float | None = None

    def update(self, status: str = "RUNNING", *, patient: bool = False) -> bool:
        """Bring MLflow up to date with the folder and set the run's status.

        Args:
            status: MLflow's status: RUNNING, FINISHED, FAILED or KILLED.
            patient: Skip the update if the server failed less than `PATIENCE` seconds ago.

        Returns:
            Whether MLflow is up to date now; False if the server could not be reached or the update was skipped.
        """
        if patient and self.away_since is not None and time.monotonic() - self.away_since < PATIENCE:
            return False
        try:
            if self.client is None:
                self.client, self.experiment = store.connect()
            content = run_content.read_content(self.folder, figures=False)
            mirror_run(self.client, self.experiment, content, status)
        except tracking_errors() as error:
            self.away_since = time.monotonic()
            print(
                f"warning: could not log to MLflow ({error_reason(error)}); training continues, run `make sync` later",
                file=sys.stderr,
            )
            return False
        self.away_since = None
        return True

    @contextmanager
    def report_failure(self) -> Iterator[None]:
        """Mark the run as KILLED if the block is interrupted, FAILED if it raises."""
        try:
            yield
        except BaseException as error:
            self.update("KILLED" if isinstance(error, Interrupted | KeyboardInterrupt) else "FAILED")
            raise


def tracking_errors() -> tuple[type[Exception], ...]:
    """The exceptions of an unreachable tracking server, a damaged or locked database, or a missing storage client."""
    import mlflow.exceptions
    import sqlalchemy.exc

    return mlflow.exceptions.MlflowException, sqlalchemy.exc.SQLAlchemyError, sqlite3.Error, OSError, ImportError


def error_reason(error: Exception) -> str:
    """The first line of an error's message, at most 200 characters, with user and password in addresses masked."""
    lines = CREDENTIALS.sub("//***@", str(error)).splitlines() or [type(error).__name__]
    return f"{lines[0]:.200}"


def mirror_run(client: "MlflowClient", experiment: str, wanted: RunContent, status: str) -> None:
    """Create the run or find it by its training id, add what it lacks, and set its status.

    Args:
        client: Of the tracking server.
        experiment: MLflow's id of the experiment.
        wanted: What the run shall show.
        status: MLflow's status; artifacts and the model are logged only with FINISHED.
    """
    found = mlflow_run.find_or_create(client, experiment, wanted)
    run_id = found.info.run_id
    weight_images.log_weight_images(client, run_id, wanted.folder, wanted.stamps)
    _log_points(client, found, wanted.points)
    if found.data.tags.get(DESCRIPTION) != wanted.description:
        client.set_tag(run_id, DESCRIPTION, wanted.description)
    if status == "FINISHED":
        _log_artifacts(client, found, wanted)
        if wanted.model and not logged_model.has_logged_model(client, present := client.get_run(run_id)):
            logged_model.log_model(present, wanted.model, wanted.requirements)
    if found.info.status != status:
        if status == "RUNNING":
            client.update_run(run_id, status=status)
        else:
            client.set_terminated(run_id, status, wanted.finished)


def _log_artifacts(client: "MlflowClient", found: "Run", wanted: RunContent) -> None:
    """Log the artifacts, replacing those of the same name, unless the run has exactly these already."""
    digest = wanted.artifacts_digest()
    if found.data.tags.get(ARTIFACTS_DIGEST) == digest:
        return
    for folder, paths in wanted.files.items():
        for path in paths:
            client.log_artifact(found.info.run_id, str(path), folder)
    client.set_tag(found.info.run_id, ARTIFACTS_DIGEST, digest)  # last, so that an interrupted upload is repeated


def _log_points(client: "MlflowClient", found: "Run", points: list[MetricPoint]) -> None:
    """Log the points that MLflow lacks; a point logged twice, with the same timestamp, is stored once."""
    from mlflow.entities import Metric

    run_id, known = found.info.run_id, found.data.metrics
    now = round(time.time() * 1000)
    points = [replace(point, timestamp=now) if _evaluated_anew(point, known) else point for point in points]
    seen = max((row.step for row in client.get_metric_history(run_id, SENTINEL)), default=0) if SENTINEL in known else 0
    new = [point for point in points if point.step > seen or point.key not in known or _evaluated_anew(point, known)]
    new.sort(key=lambda point: (point.step, point.key == SENTINEL))
    metrics = [Metric(point.key, point.value, point.timestamp, point.step) for point in new]
    for begin in range(0, len(metrics), BATCH):
        client.log_batch(run_id, metrics=metrics[begin : begin + BATCH])


def _evaluated_anew(point: MetricPoint, known: dict[str, float]) -> bool:
    """Whether a test metric's value changed since it was logged; a newer timestamp makes MLflow show the new value."""
    return point.key.startswith(("test_", STRESS_SECTION)) and point.key in known and known[point.key] != point.value
