"""MLflow's deleted runs: in its UI deleting only hides a run; its rows, files and model stay until they are pruned."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipeline.core.errors import PipelineError
from pipeline.tracking import store

RUNS = """
    SELECT run_uuid, name, artifact_uri FROM runs
    WHERE lifecycle_stage = 'deleted' AND run_uuid NOT IN
        (SELECT run_id FROM model_versions WHERE run_id IS NOT NULL)
    ORDER BY name, start_time
"""
MODELS = "SELECT model_id, artifact_location FROM logged_models WHERE source_run_id = ?"


def find(root: Path) -> Iterator[tuple[str, list[Path], Callable[[], None]]]:
    """For each deleted run whose model is not registered: what it is, its folders, and how MLflow forgets it."""
    database = root / store.DATABASE
    if not database.exists():
        return
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        for run, name, artifacts in connection.execute(RUNS).fetchall():
            models = dict(connection.execute(MODELS, [run]).fetchall())
            folders = [folder for uri in (artifacts, *models.values()) if (folder := _folder(root, uri))]
            yield (
                f"MLflow run {name} ({run[:8]}), deleted there",
                folders,
                partial(_forget, database, run, list(models)),
            )


def _folder(root: Path, uri: str) -> Path | None:
    """The folder of a `…/artifacts` URI if it lies among this project's artifacts."""
    folder = Path(unquote(urlsplit(uri).path)).parent
    return folder if folder.is_relative_to(root / store.ARTIFACTS) and folder.is_dir() else None


def _forget(database: Path, run: str, models: list[str]) -> None:
    uri = f"sqlite:///{database}"
    os.environ["MLFLOW_TRACKING_URI"] = uri  # this project's own database, whatever server is in use
    client, _ = store.connect()
    for model in models:
        client.delete_logged_model(model)
    chosen = ["--run-ids", run, *(["--logged-model-ids", ",".join(models)] if models else [])]
    command = [sys.executable, "-m", "mlflow", "gc", "--backend-store-uri", uri, "--tracking-uri", uri, *chosen]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PipelineError(f"mlflow gc: {done.stderr.strip().splitlines()[-1]}")
