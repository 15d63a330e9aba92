"""MLflow's database, and what a process that died left behind."""

import json
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.paths import CHECKPOINTS
from pipeline.tracking import store
from tools.checks.verdict import Verdict, some
from tools.prune import unused

RUNNING = """
    SELECT runs.run_uuid, runs.name, tags.value FROM runs
    LEFT JOIN tags ON tags.run_uuid = runs.run_uuid AND tags.key = 'training_id'
    WHERE runs.status = 'RUNNING' AND runs.lifecycle_stage = 'active' ORDER BY runs.start_time
"""
AGE = 600  # seconds after which nobody is still writing a temporary file
WRITTEN = ("data", "results", ".checkpoints", ".dvc/cache")
TEMPORARY = (".*.tmp", ".*.tmp-*", *(f"{folder}/**/.*.tmp" for folder in WRITTEN))
FOLDERS = (".checkpoints/*/.tmp-*",)


def database(root: Path) -> Verdict:
    """Whether mlflow.db passes sqlite's own integrity check."""
    path = root / store.DATABASE
    if not path.exists():
        return Verdict(f"no {store.DATABASE} yet")
    remedy = f"move {store.DATABASE} and its -wal and -shm files away; the runs' files are complete without it"
    try:
        said = [row[0] for row in _ask(path, "PRAGMA integrity_check")]
    except sqlite3.DatabaseError as error:
        return Verdict(f"{store.DATABASE}: {error}", remedy)
    return Verdict("sound") if said == ["ok"] else Verdict(f"{store.DATABASE}: {some(said, 1)}", remedy)


def running(root: Path) -> Verdict:
    """Whether each run that says RUNNING has a process that trains it."""
    path = root / store.DATABASE
    if not path.exists():
        return Verdict(f"no {store.DATABASE} yet")
    try:
        rows = _ask(path, RUNNING)
    except sqlite3.DatabaseError as error:
        return Verdict(f"{store.DATABASE}: {error}", "see the check before")
    begun = _begun(root)
    dead = [(run, name, training) for run, name, training in rows if not begun.get(training, False)]
    if not dead:
        return Verdict(f"{len(rows)} at work" if rows else "none")
    names = [f"{name} ({run[:8]})" for run, name, _ in dead]
    resumable = sorted({name for _, name, training in dead if training in begun})
    remedy = f"`dvc repro {' '.join(f'train@{name}' for name in resumable)}` goes on" if resumable else ""
    left = any(training not in begun for _, _, training in dead)
    others = "delete the ones without a checkpoint in `make ui`" if left else ""
    return Verdict(f"RUNNING without a process: {some(names)}", "; ".join(filter(None, [remedy, others])))


def leftovers(root: Path, repair: bool = False) -> Verdict:
    """Whether a process that died left temporary files; `repair` deletes them. Those in use are young."""
    before = time.time() - AGE
    found = [path for pattern in (*TEMPORARY, *FOLDERS) for path in sorted(root.glob(pattern))]
    old = [path for path in dict.fromkeys(found) if path.lstat().st_mtime < before]
    names = [str(path.relative_to(root)) for path in old]
    if not old:
        return Verdict("no temporary files")
    if not repair:
        return Verdict(f"temporary files of a process that died: {some(names)}", "run `make doctor REPAIR=1`")
    for path in reversed(old):
        if path.is_dir():
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()
    return Verdict(f"temporary files, deleted: {some(names)}")


def _ask(path: Path, query: str) -> list[tuple]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def _begun(root: Path) -> dict[str, bool]:
    """By training id, the trainings that have not ended: whether a process holds the lock of each."""
    begun = {}
    for path in (root / CHECKPOINTS).glob("*/training.json"):
        lock = path.parent.with_suffix(".lock")
        try:
            training = json.loads(path.read_text(encoding="utf-8"))["training_id"]
        except (ValueError, KeyError, TypeError) as error:
            raise PipelineError(f"{path.relative_to(root)}: damaged ({error}); delete {path.parent.name}") from None
        begun[training] = lock.exists() and unused.held(lock)
    return begun
