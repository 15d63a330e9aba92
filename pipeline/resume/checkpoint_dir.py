"""The folder of a training's checkpoints: its place, its lock, its end."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from pipeline.core import files, paths
from pipeline.core.errors import PipelineError


def checkpoint_dir(root: Path, run: str, fingerprint: str) -> Path:
    """The checkpoint folder of a run whose inputs have that fingerprint."""
    return root / paths.CHECKPOINTS / f"{run}-{fingerprint[:16]}"


def lock_file(folder: Path) -> Path:
    """The lock of a checkpoint folder."""
    return folder.with_suffix(".lock")


@contextmanager
def run_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a training, which the system releases when the process dies; PipelineError if it is taken."""
    files.make_folder(folder.parent)
    lock = filelock.FileLock(lock_file(folder))
    try:
        held = lock.acquire(timeout=0)
    except filelock.Timeout:
        raise PipelineError(f"{folder.name}: another process trains this run; wait for it, or stop it") from None
    with held:
        files.make_folder(folder)
        yield


def delete_checkpoints(folder: Path) -> None:
    """Delete the checkpoints of a training whose results are complete, unless another process trains it again."""
    if folder.is_dir():
        with suppress(PipelineError), run_lock(folder):
            trash = tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".tmp")
            os.rename(folder, trash)  # all of it at once
            shutil.rmtree(trash)
