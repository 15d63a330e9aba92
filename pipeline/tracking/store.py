"""Where the runs are tracked: a local sqlite file, or the server that `MLFLOW_TRACKING_URI` names."""

import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import filelock

from pipeline.core.errors import PipelineError
from pipeline.core.paths import repo_root
from pipeline.tracking import database
from pipeline.tracking.address import REGISTRY, SQLITE, TRACKING, read_address

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "mnist"
DATABASE = "mlflow.db"
ARTIFACTS = "mlartifacts"
LOCK_LIMIT = 60.0  # seconds; a stopped process may hold the lock for ever
ADDRESSES = (  # where MLflow keeps absolute addresses of artifacts
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
LOCATION = "SELECT artifact_location FROM experiments WHERE name = ?"
SETTINGS = {  # and those of pipeline.core.environment, which every process has
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER": "false",  # a server may name a day
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",  # seconds; a training must not wait for a server that is away
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}


def connect(experiment: str = EXPERIMENT, *, restore: bool = False) -> "tuple[MlflowClient, str]":
    """A client and the experiment's id; both are created where they are missing.

    Args:
        experiment: Its name.
        restore: Whether to bring back an experiment that was deleted in MLflow, with all its runs.

    Raises:
        PipelineError: the address is wrong, the experiment was deleted, or another version of MLflow made the database.
    """
    uri, registry = read_address(TRACKING), read_address(REGISTRY)
    set_environment()
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    for name in ("mlflow.store.db.utils", "mlflow.exceptions"):  # what it raises anyway
        logging.getLogger(name).setLevel(logging.CRITICAL)
    artifacts = None
    if not uri:
        root = repo_root()
        uri, artifacts = _local(root), (root / ARTIFACTS).as_uri()
    elif uri.startswith(SQLITE):
        folder = Path(uri.removeprefix(SQLITE).partition("?")[0]).parent
        artifacts = (folder / ARTIFACTS).as_uri()  # not MLflow's default, which depends on the working directory
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient(uri, registry or uri)
    return client, _experiment(client, experiment, artifacts, restore)


def set_environment() -> None:
    """Set MLflow's environment variables, except those that are set already."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)


def _local(root: Path) -> str:
    """The URI of the sqlite file, which is created in WAL mode and renamed when it is complete."""
    path = root / DATABASE
    if "?" in str(path) or unquote(str(path)) != str(path):  # MLflow would write to another folder
        raise OSError(f"{root}: MLflow cannot use a folder with a ? or a code such as %20 in its path; rename it")
    with filelock.FileLock(root / ".mlflow.lock", timeout=LOCK_LIMIT):
        if not path.exists():
            _create(path, (root / ARTIFACTS).as_uri())
        relocate_artifacts(root)
    return f"sqlite:///{path}"


def relocate_artifacts(root: Path) -> None:
    """Correct the absolute artifact addresses in the database if the repository was moved or copied."""
    artifacts, path = (root / ARTIFACTS).as_uri(), root / DATABASE
    [(found,)] = database.select(path, LOCATION, [EXPERIMENT]) or [(artifacts,)]
    if found == artifacts or not found.startswith("file:"):
        return
    try:
        with closing(sqlite3.connect(path, timeout=20)) as connection, connection:
            for table, column in ADDRESSES:
                connection.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?",
                    [artifacts, len(found) + 1, len(found), found],
                )
    except sqlite3.Error as error:
        raise database.explained(path, error) from None


def _create(path: Path, artifacts: str) -> None:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    temporary = path.with_name(f".{path.name}.tmp")
    for name in (str(temporary), f"{temporary}-wal", f"{temporary}-shm", f"{path}-wal", f"{path}-shm"):
        Path(name).unlink(missing_ok=True)  # sqlite would apply the log of a deleted database to the new one
    created = SqlAlchemyStore(f"sqlite:///{temporary}", artifacts)
    created.create_experiment(EXPERIMENT, artifact_location=artifacts)
    created.engine.dispose()
    with closing(sqlite3.connect(temporary)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=WAL")
    os.replace(temporary, path)


def _experiment(client: "MlflowClient", name: str, artifacts: str | None, restore: bool) -> str:
    """The experiment's id; made here, since one made by `mlflow ui` has artifacts that a local client cannot reach."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return client.create_experiment(name, artifact_location=artifacts)
        except MlflowException:
            found = client.get_experiment_by_name(name)  # another process was first
            if found is None:
                raise
    if found.lifecycle_stage == "deleted":
        if not restore:
            raise PipelineError(database.deleted(name))
        client.restore_experiment(found.experiment_id)
    return found.experiment_id
