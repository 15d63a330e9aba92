"""Log a run's folder to MLflow. Idempotent: live logging, catching up and rebuilding are one function."""

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
from pipeline.tracking.metric_points import MetricPoint
from pipeline.tracking.run_content import RunContent

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

PATIENCE = 60.0  # seconds to leave a tracking server alone after it failed
BATCH = 1000  # metrics that MLflow takes in one call
DESCRIPTION = "mlflow.note.content"
ARTIFACTS_DIGEST = "artifacts_sha256"  # a tag: which artifacts the run has
CREDENTIALS = re.compile(r"//[^/@\s]+@")
SENTINEL = "val_loss"  # the last metric of an epoch to be logged, so its last step tells which epochs are there


class RunMirror:
    """Logs one folder; a tracking server that is away costs a warning, never the training."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client: MlflowClient | None = None
        self.experiment = ""
        self.away_since: float | None = None

    def update(self, status: str = "RUNNING", *, patient: bool = False) -> bool:
        """Bring MLflow up to date and set the run's status; False if the tracking server is away.

        With `patient`, a server that failed a moment ago is not asked again.
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
    """What a tracking server that is away, a damaged or locked database, or a missing client of a bucket raises."""
    import mlflow.exceptions
    import sqlalchemy.exc

    return mlflow.exceptions.MlflowException, sqlalchemy.exc.SQLAlchemyError, sqlite3.Error, OSError, ImportError


def error_reason(error: Exception) -> str:
    """One line of an error, without the user and password that an address in it may have."""
    lines = CREDENTIALS.sub("//***@", str(error)).splitlines() or [type(error).__name__]
    return f"{lines[0]:.200}"


def mirror_run(client: "MlflowClient", experiment: str, wanted: RunContent, status: str) -> None:
    """Create the run or find it by its training id, add what it lacks, and set its status."""
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
    """Log the artifacts, replacing those of the same name, unless they are the ones that the run has."""
    digest = wanted.artifacts_digest()
    if found.data.tags.get(ARTIFACTS_DIGEST) == digest:
        return
    for folder, paths in wanted.files.items():
        for path in paths:
            client.log_artifact(found.info.run_id, str(path), folder)
    client.set_tag(found.info.run_id, ARTIFACTS_DIGEST, digest)  # last, so that an interrupted upload is repeated


def _log_points(client: "MlflowClient", found: "Run", points: list[MetricPoint]) -> None:
    """Log what is new; a point that is there already, with the same timestamp, is stored once all the same."""
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
    """Whether a test metric has another value than in MLflow, which shows the newer one from now on."""
    return point.key.startswith("test_") and point.key in known and known[point.key] != point.value
