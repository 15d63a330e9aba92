"""Check MLflow's database, and find what killed processes left behind."""

import os
import shutil
import time
from pathlib import Path

from pipeline.core.errors import PipelineError, reason
from pipeline.core.paths import CHECKPOINTS
from pipeline.formats.tables import read_json
from pipeline.resume.checkpoint_dir import lock_file
from pipeline.tracking.database import MOVE, require_usable, select
from pipeline.tracking.store import DATABASE, EXPERIMENT
from tools.checks import Verdict, first_few
from tools.prune import is_held

RUNNING = """
    SELECT runs.run_uuid, runs.name, tags.value FROM runs
    LEFT JOIN tags ON tags.run_uuid = runs.run_uuid AND tags.key = 'training_id'
    WHERE runs.status = 'RUNNING' AND runs.lifecycle_stage = 'active' ORDER BY runs.start_time
"""
AGE = 600  # seconds; no process still writes a temporary file that is older
TEMPORARY = (
    *(".*.tmp", ".*.tmp-*"),
    *(f"{folder}/**/.*.tmp" for folder in ("data", "results", "exports", CHECKPOINTS, ".dvc/cache")),
    f"{CHECKPOINTS}/*/.tmp-*",
)


def database(root: Path) -> Verdict:
    """Check mlflow.db with sqlite's own integrity check, and that this MLflow can use it."""
    if not (root / DATABASE).exists():
        return Verdict(f"no {DATABASE} yet")
    if locked := [path.name for path in (root / DATABASE, root) if not os.access(path, os.R_OK | os.W_OK)]:
        return Verdict(f"{', '.join(locked)}: cannot be written by this user", "correct its owner or permissions")
    try:
        return _database(root)
    except PipelineError as error:
        found, _, remedy = str(error).partition("; ")
        return Verdict(found, remedy)


def _database(root: Path) -> Verdict:
    problems = [row[0] for row in select(root / DATABASE, "PRAGMA integrity_check")]
    if problems != ["ok"]:
        return Verdict(f"{DATABASE}: {first_few(problems, 1)}", MOVE.format(name=DATABASE))
    require_usable(root / DATABASE, EXPERIMENT)
    return Verdict("intact")


def running(root: Path) -> Verdict:
    """Check that each MLflow run with the status RUNNING has a process that trains it."""
    if not (root / DATABASE).exists():
        return Verdict(f"no {DATABASE} yet")
    try:
        rows = select(root / DATABASE, RUNNING)
    except PipelineError as error:
        return Verdict(str(error).partition(";")[0], "see the check of mlflow.db")
    trainings = _unfinished_trainings(root)
    dead = [(run, name, training) for run, name, training in rows if not trainings.get(training)]
    if not dead:
        return Verdict(f"{len(rows)} training" if rows else "none")
    remedies = []
    if resumable := sorted({name for _, name, training in dead if training in trainings}):
        remedies.append(f"`dvc repro {' '.join(f'train@{name}' for name in resumable)}` continues")
    if any(training not in trainings for _, _, training in dead):
        remedies.append("delete those without a checkpoint in `make ui`")
    names = first_few([f"{name} ({run[:8]})" for run, name, _ in dead])
    return Verdict(f"RUNNING without a process: {names}", "; ".join(remedies))


def leftovers(root: Path, repair: bool = False) -> Verdict:
    """Find temporary files of killed processes; `repair` deletes them."""
    oldest = time.time() - AGE
    found = dict.fromkeys(path for pattern in TEMPORARY for path in sorted(root.glob(pattern)))
    old = [path for path in found if path.lstat().st_mtime < oldest]
    if not old:
        return Verdict("no temporary files")
    names = first_few([str(path.relative_to(root)) for path in old])
    if not repair:
        return Verdict(f"temporary files of a killed process: {names}", "run `make doctor REPAIR=1`")
    for path in old:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return Verdict(f"temporary files, deleted: {names}")


def _unfinished_trainings(root: Path) -> dict[str, bool]:
    """For each training that has checkpoints, by its id: whether a process trains it now."""
    trainings = {}
    for path in (root / CHECKPOINTS).glob("*/training.json"):
        try:
            training = str(read_json(path)["training_id"])
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            problem = f"{path.relative_to(root)}: damaged ({reason(error)})"
            raise PipelineError(f"{problem}; delete {path.parent.name}") from None
        trainings[training] = is_held(lock_file(path.parent))
    return trainings
