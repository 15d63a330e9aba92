"""Make MLflow say what a run's folder says. Idempotent: live logging, catching up and rebuilding are one function."""

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
CREDENTIALS = re.compile(r"//[^/@\s]+@")
SENTINEL = "val_loss"  # the last metric of an epoch to be logged, so its last step tells which epochs are there


class RunMirror:
    """The mirror of one folder; a tracking server that is away costs a warning, never the training."""

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
            mirror_run(self.client, self.experiment, run_content.read_content(self.folder), status)
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
        except (Interrupted, KeyboardInterrupt):
            self.update("KILLED")
            raise
        except BaseException:
            self.update("FAILED")
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


def mirror_run(client: "MlflowClient", experiment: str, wanted: RunContent, status: str) -> str:
    """Create the run or find it by its training id, add what it lacks, and return MLflow's id of it."""
    found = mlflow_run.find_or_create(client, experiment, wanted)
    run_id = found.info.run_id
    weight_images.log_weight_images(client, run_id, wanted.folder, wanted.stamps)
    _log_points(client, found, wanted.points)
    if found.data.tags.get(DESCRIPTION) != wanted.description:
        client.set_tag(run_id, DESCRIPTION, wanted.description)
    if status == "FINISHED":
        for folder, paths in wanted.files.items():
            for path in paths:
                client.log_artifact(run_id, str(path), folder)
        if wanted.model and not logged_model.has_logged_model(client, present := client.get_run(run_id)):
            logged_model.log_model(present, wanted.model, wanted.requirements)
    _set_status(client, found, status, wanted.finished)
    return run_id


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
    """Whether a test metric has another value than the run shows; the newer one is shown from now on."""
    return point.key.startswith("test_") and point.key in known and known[point.key] != point.value


def _set_status(client: "MlflowClient", found: "Run", status: str, finished: int) -> None:
    if found.info.status == status:
        return
    if status == "RUNNING":
        client.update_run(found.info.run_id, status=status)
    else:
        client.set_terminated(found.info.run_id, status, finished)
