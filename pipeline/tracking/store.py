"""Where the runs are tracked: a local sqlite file, or the server that `MLFLOW_TRACKING_URI` names."""

import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import filelock

from pipeline.core.paths import repo_root

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "mnist"
DATABASE = "mlflow.db"
ARTIFACTS = "mlartifacts"
ADDRESSES = (  # where MLflow keeps absolute addresses of artifacts
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",  # seconds; a training must not wait for a server that is away
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # it would start half a dozen idle processes
    "GIT_PYTHON_REFRESH": "quiet",
}


def connect() -> "tuple[MlflowClient, str]":
    """A client and the experiment's id; both are created where they are missing."""
    set_environment()
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)  # stack traces of what it raises anyway
    uri, artifacts = _without_login(os.environ.get("MLFLOW_TRACKING_URI", "")), None
    if not uri:
        root = repo_root()
        uri, artifacts = _local(root), (root / ARTIFACTS).as_uri()
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient(uri)
    return client, _experiment(client, artifacts)


def _without_login(uri: str) -> str:
    """The address without user and password, which MLflow would print; it takes them from the environment instead."""
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or parts.username is None:
        return uri
    os.environ.setdefault("MLFLOW_TRACKING_USERNAME", unquote(parts.username))
    os.environ.setdefault("MLFLOW_TRACKING_PASSWORD", unquote(parts.password or ""))
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def set_environment() -> None:
    """Set MLflow's environment variables, except those that are set already."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)


def _local(root: Path) -> str:
    """The URI of the sqlite file, which is created in WAL mode and renamed when it is complete."""
    path = root / DATABASE
    if "?" in str(path) or unquote(str(path)) != str(path):  # MLflow would write to another folder
        raise OSError(f"{root}: MLflow cannot use a folder with a ? or a code such as %20 in its path; rename it")
    with filelock.FileLock(root / ".mlflow.lock"):
        if not path.exists():
            _create(path, (root / ARTIFACTS).as_uri())
        relocate_artifacts(root)
    return f"sqlite:///{path}"


def relocate_artifacts(root: Path) -> None:
    """Correct the absolute artifact addresses in the database if the repository was moved or copied."""
    artifacts = (root / ARTIFACTS).as_uri()
    with closing(sqlite3.connect(root / DATABASE, timeout=20)) as database, database:
        found = database.execute("SELECT artifact_location FROM experiments WHERE name = ?", [EXPERIMENT]).fetchone()
        if found is None or found[0] == artifacts or not found[0].startswith("file:"):
            return
        for table, column in ADDRESSES:
            database.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?",
                [artifacts, len(found[0]) + 1, len(found[0]), found[0]],
            )


def _create(path: Path, artifacts: str) -> None:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    temporary = path.with_name(f".{path.name}.tmp")
    for name in (str(temporary), f"{temporary}-wal", f"{temporary}-shm", f"{path}-wal", f"{path}-shm"):
        Path(name).unlink(missing_ok=True)  # sqlite would apply the log of a deleted database to the new one
    created = SqlAlchemyStore(f"sqlite:///{temporary}", artifacts)
    created.create_experiment(EXPERIMENT, artifact_location=artifacts)
    created.engine.dispose()
    with closing(sqlite3.connect(temporary)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("PRAGMA journal_mode=WAL")
    os.replace(temporary, path)


def _experiment(client: "MlflowClient", artifacts: str | None) -> str:
    """The experiment's id; made here, since one made by `mlflow ui` has artifacts that a local client cannot reach."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(EXPERIMENT)
    if found is None:
        try:
            return client.create_experiment(EXPERIMENT, artifact_location=artifacts)
        except MlflowException:
            found = client.get_experiment_by_name(EXPERIMENT)  # another process was first
            if found is None:
                raise
    return found.experiment_id
