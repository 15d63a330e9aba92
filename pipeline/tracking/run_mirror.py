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
from pipeline.tracking import (
    address,
    boundary,
    datasets,
    logged_model,
    metric_points,
    mlflow_run,
    run_content,
    store,
    weight_images,
)
from pipeline.tracking.metric_points import SENTINEL, MetricPoint
from pipeline.tracking.run_content import RunContent

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

SERVER_LIMIT = 10.0  # seconds that a training waits for a tracking server, in all
DATABASE_LIMIT = 120.0  # the same for the local database, which may be locked by other processes
PAUSE = 60.0  # seconds until a tracking server that failed is asked again
BATCH = 1000  # metrics that MLflow takes in one call
CONTENT_DIGEST = "content_sha256"  # a tag: the digest of the content that was logged


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


def mirror_run(client: "MlflowClient", experiment: str, wanted: RunContent, status: str) -> str:
    """Create the run or find it by its training id, add what it lacks, and set its status.

    Args:
        client: Of the tracking server.
        experiment: MLflow's id of the experiment.
        wanted: What the run shall show.
        status: MLflow's status; artifacts and the model are logged only with FINISHED.

    Returns:
        MLflow's id of the run.
    """
    found = mlflow_run.find_or_create(client, experiment, wanted, status)
    run_id, known = found.info.run_id, found.data.metrics
    _log_points(client, found, [_correct(point, known) for point in wanted.points])
    weight_images.log_weight_images(client, run_id, wanted.folder, wanted.stamps)
    datasets.log_data(client, found, wanted.data)
    if status == "FINISHED":
        _finish(client, found, wanted)
    if found.info.status != status:
        if status == "RUNNING":
            client.update_run(run_id, status=status)
        else:
            client.set_terminated(run_id, status, wanted.finished)
    return run_id


def _finish(client: "MlflowClient", found: "Run", wanted: RunContent) -> None:
    """Log the artifacts, replacing those of the same name, and the model with its metrics and card."""
    run_id = found.info.run_id
    if not has_content(client, found, wanted):
        for folder, paths in wanted.files.items():
            for path in paths:
                client.log_artifact(run_id, str(path), folder)
        weight_images.log_page(client, run_id, wanted.folder)
    if wanted.model:
        run = client.get_run(run_id)
        model = logged_model.find_logged_model(client, run, wanted.model)
        if model is None:
            logged_model.delete_lost_models(client, run, wanted.model)
            last = max(wanted.stamps, default=0)
            model = logged_model.log_model(client, run, wanted.model, wanted.requirements, wanted.name, last)
        logged_model.log_metrics(client, run, model, wanted)
        if wanted.card:
            logged_model.log_card(client, model, wanted.card)
    client.set_tag(run_id, CONTENT_DIGEST, wanted.digest())  # last, so that an interrupted upload is repeated
    if "experiment" not in wanted.tags:
        mlflow_run.mark_present(client, found.info.experiment_id, found)


def has_content(client: "MlflowClient", found: "Run", wanted: RunContent) -> bool:
    """Whether the run has exactly this content: its digest was logged, and artifacts of its files' sizes are there."""
    if found.data.tags.get(CONTENT_DIGEST) != wanted.digest():
        return False
    for folder, paths in wanted.files.items():
        sizes = {Path(item.path).name: item.file_size for item in client.list_artifacts(found.info.run_id, folder)}
        if any(sizes.get(path.name) != path.stat().st_size for path in paths):
            return False
    return True


def has_model(client: "MlflowClient", found: "Run", wanted: RunContent) -> bool:
    """Whether the run has its model, if there is one, and the model its card."""
    if wanted.model is None:
        return True
    model = logged_model.find_logged_model(client, found, wanted.model)
    return model is not None and (wanted.card is None or logged_model.has_card(client, model, wanted.card))


def _log_points(client: "MlflowClient", found: "Run", points: list[MetricPoint]) -> None:
    """Log the points that MLflow lacks; a point logged twice, with the same timestamp, is stored once."""
    from mlflow.entities import Metric

    run_id, known = found.info.run_id, found.data.metrics
    steps = [row.step for row in client.get_metric_history(run_id, SENTINEL)] if SENTINEL in known else []
    seen = max(steps, default=-1)
    new = [
        point
        for point in points
        if point.step > seen or point.key not in known or (point.final and known[point.key] != point.value)
    ]
    new.sort(key=metric_points.logging_order)
    metrics = [Metric(point.key, point.value, point.timestamp, point.step) for point in new]
    for begin in range(0, len(metrics), BATCH):
        client.log_batch(run_id, metrics=metrics[begin : begin + BATCH])


def _correct(point: MetricPoint, known: dict[str, float]) -> MetricPoint:
    """A final value that changed since it was logged has the present time, so that MLflow shows it."""
    changed = point.final and known.get(point.key, point.value) != point.value
    return replace(point, timestamp=round(time.time() * 1000)) if changed else point
