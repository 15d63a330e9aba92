"""Find runs that were deleted in MLflow, which keeps their rows, files and models until `mlflow gc`."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipeline.tracking import store
from tools.workspace import Workspace

RUNS = """
    SELECT run_uuid, name, artifact_uri FROM runs
    WHERE lifecycle_stage = 'deleted' AND run_uuid NOT IN
        (SELECT run_id FROM model_versions WHERE run_id IS NOT NULL)
    ORDER BY name, start_time
"""
MODELS = "SELECT model_id, artifact_location FROM logged_models WHERE source_run_id = ?"


def find(root: Path) -> Iterator[tuple[str, list[Path], Callable[[], None]]]:
    """For each deleted run without a registered model: its description, its folders, its deletion from the database."""
    database = root / store.DATABASE
    if not database.exists():
        return
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        for run, name, artifacts in connection.execute(RUNS).fetchall():
            models = dict(connection.execute(MODELS, [run]).fetchall())
            folders = [folder for uri in (artifacts, *models.values()) if (folder := _folder(root, uri))]
            what = f"MLflow run {name} ({run[:8]}), deleted there"
            yield what, folders, partial(_delete, root, run, list(models))


def _folder(root: Path, uri: str) -> Path | None:
    """The folder of an `…/artifacts` URI if it is among this project's artifacts."""
    folder = Path(unquote(urlsplit(uri).path)).parent
    return folder if folder.is_relative_to(root / store.ARTIFACTS) and folder.is_dir() else None


def _delete(root: Path, run: str, models: list[str]) -> None:
    uri = f"sqlite:///{root / store.DATABASE}"
    os.environ["MLFLOW_TRACKING_URI"] = uri  # this project's own database, even if runs are logged to a server
    client, _ = store.connect()
    for model in models:
        client.delete_logged_model(model)
    options = ["--backend-store-uri", uri, "--tracking-uri", uri, "--run-ids", run]
    if models:
        options += ["--logged-model-ids", ",".join(models)]
    Workspace(root).check_output("mlflow", "gc", *options)
