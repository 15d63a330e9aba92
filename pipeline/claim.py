"""The folder of a training's checkpoints: where it is, who may use it, and when it goes."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from pipeline import files
from pipeline.errors import PipelineError


def place(root: Path, run: str, key: str) -> Path:
    """The folder of a run's checkpoints; `key` is that of the training's inputs."""
    return root / ".checkpoints" / f"{run}-{key[:16]}"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a training, which the system frees when its process dies; PipelineError if it is taken."""
    files.make_folder(folder.parent)
    lock = filelock.FileLock(folder.with_suffix(".lock"))
    try:
        held = lock.acquire(timeout=0)
    except filelock.Timeout:
        raise PipelineError(f"{folder.name}: another process trains this run; wait for it, or stop it") from None
    with held:
        files.make_folder(folder)
        yield


def forget(folder: Path) -> None:
    """Remove the checkpoints of a training whose results are kept, unless another process trains it anew."""
    if folder.is_dir():
        with suppress(PipelineError), locked(folder):
            remove(folder)


def remove(folder: Path) -> None:
    """Forget a training that is complete, all of it at once."""
    gone = tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".tmp")
    os.rename(folder, gone)
    shutil.rmtree(gone)
