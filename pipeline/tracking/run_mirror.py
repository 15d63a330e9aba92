"""Log a run's folder to MLflow.

`mirror_run` is idempotent: it adds what MLflow lacks. So the same function logs a training while it runs, completes a
run after an outage, and rebuilds a run that was lost.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.errors import Interrupted, PipelineError, describe
from pipeline.tracking import address, boundary, logged_model, mlflow_run, run_content, store, weight_images
from pipeline.tracking.metric_points import STRESS_SECTION, MetricPoint
from pipeline.tracking.run_content import RunContent

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

SERVER_LIMIT = 10.0  # seconds that a training waits for a tracking server, in all
DATABASE_LIMIT = 120.0  # the same for the local database, which may be locked by other processes
PAUSE = 60.0  # seconds until a tracking server that failed is asked again
BATCH = 1000  # metrics that MLflow takes in one call
DESCRIPTION = "mlflow.note.content"  # the tag that MLflow shows as a run's description
ARTIFACTS_DIGEST = "artifacts_sha256"  # a tag: the digest of the artifacts that were logged
SENTINEL = "val_loss"  # logged last in each epoch, so its last step is the last epoch that is completely logged


class RunMirror:
    """Logs one run's folder to MLflow; whatever happens there, training continues.

    A server is talked to while the training goes on. The training waits for it only at its end, and no more than
    `SERVER_LIMIT` seconds in all.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.patience: float | None = None  # seconds that are left to wait
        self.call: boundary.Call | None = None
        self.connection: tuple[MlflowClient, str] | None = None
        self.failed: float | None = None  # when, by the monotonic clock

    def update(self, status: str = "RUNNING", *, patient: bool = False) -> None:
        """Bring MLflow up to date with the folder and set the run's status.

        Args:
            status: MLflow's status: RUNNING, FINISHED, FAILED or KILLED.
            patient: A later update will log all of this: do not wait for a server, and log nothing while an earlier
                update is unfinished, or for `PAUSE` seconds after one failed.
        """
        if patient and (self._busy() or (self.failed is not None and time.monotonic() - self.failed < PAUSE)):
            return
        try:
            server = address.read_address(address.TRACKING).startswith("http")
            if self.patience is None:
                self.patience = SERVER_LIMIT if server else DATABASE_LIMIT
            content = run_content.read_content(self.folder, figures=False)
            if self._busy():
                self._wait()
            self.call = boundary.Call(partial(self._log, content, status))
            if not (patient and server):
                self._wait()
        except (PipelineError, OSError) as error:
            self._warn(error)

    def _busy(self) -> bool:
        """Whether an update is unfinished; one that has failed since is reported."""
        if self.call is None:
            return False
        if self.call.thread.is_alive():
            return True
        try:
            self.call.wait(0)
        except PipelineError as error:
            self._warn(error)
        self.call = None
        return False

    def _wait(self) -> None:
        """Wait for the update as long as there is patience left; TrackingError if it fails or takes longer."""
        began = time.monotonic()
        try:
            call, self.call = self.call, None
            call.wait(self.patience)
        finally:
            self.patience -= time.monotonic() - began
        self.failed = None

    def _warn(self, error: Exception) -> None:
        self.failed = time.monotonic()
        print(
            f"warning: could not log to MLflow ({describe(error)}); training continues, run `make sync` later",
            file=sys.stderr,
        )

    def _log(self, content: RunContent, status: str) -> None:
        self.connection = self.connection or store.connect()
        mirror_run(*self.connection, content, status)

    @contextmanager
    def report_failure(self) -> Iterator[None]:
        """Mark the run as KILLED if the block is interrupted, FAILED if it raises."""
        try:
            yield
        except BaseException as error:
            self.update("KILLED" if isinstance(error, Interrupted | KeyboardInterrupt) else "FAILED")
            raise


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
        if wanted.model and not logged_model.has_logged_model(client, present := client.get_run(run_id), wanted.model):
            logged_model.delete_lost_models(client, present, wanted.model)
            logged_model.log_model(present, wanted.model, wanted.requirements)
    if found.info.status != status:
        if status == "RUNNING":
            client.update_run(run_id, status=status)
        else:
            client.set_terminated(run_id, status, wanted.finished)


def _log_artifacts(client: "MlflowClient", found: "Run", wanted: RunContent) -> None:
    """Log the artifacts, replacing those of the same name, unless the run has exactly these already."""
    if has_artifacts(client, found, wanted):
        return
    for folder, paths in wanted.files.items():
        for path in paths:
            client.log_artifact(found.info.run_id, str(path), folder)
    # last, so that an interrupted upload is repeated
    client.set_tag(found.info.run_id, ARTIFACTS_DIGEST, wanted.artifacts_digest())


def has_artifacts(client: "MlflowClient", found: "Run", wanted: RunContent) -> bool:
    """Whether the run has exactly these artifacts: their digest was logged, and files of their sizes are there."""
    if found.data.tags.get(ARTIFACTS_DIGEST) != wanted.artifacts_digest():
        return False
    for folder, paths in wanted.files.items():
        sizes = {Path(item.path).name: item.file_size for item in client.list_artifacts(found.info.run_id, folder)}
        if any(sizes.get(path.name) != path.stat().st_size for path in paths):
            return False
    return True


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
