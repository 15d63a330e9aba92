"""A training in a workspace of its own, killed and stopped in the middle, and what MLflow's database says of it."""

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import psutil
import pytest

from tests.support.workspace import Workspace

RUN = "lenet-dropout"
REPRO = ("dvc", "repro", f"train@{RUN}")
WAIT = 900  # seconds, at most, for something to happen
EPOCHS = 3  # as `undisturbed` has


def rows(place: Workspace, query: str) -> list[tuple[Any, ...]]:
    """What the workspace's database answers."""
    with closing(sqlite3.connect(f"file:{place.root}/mlflow.db?mode=ro", uri=True, timeout=60)) as database:
        return database.execute(query).fetchall()


def kill_at_checkpoint(place: Workspace, number: int) -> str:
    """Train, or go on, until that checkpoint has been written, and kill -9; what was printed."""
    repro = place.start(*REPRO)
    wait_for(lambda: list(place.root.glob(f".checkpoints/*/{number:06d}")), repro)
    kill(repro)
    return repro.communicate()[0]


def stop_in_second_epoch(place: Workspace) -> str:
    """Go on until the second epoch has begun, and ask the training to stop; what was printed."""
    repro = place.start(*REPRO, PYTHONUNBUFFERED="1")
    before = "".join(iter_until(repro, f"Epoch 2/{EPOCHS}"))
    time.sleep(0.3)  # of the epoch's second or so
    (trainer,) = trainers(repro)
    trainer.terminate()
    printed = before + repro.communicate()[0]
    assert "interrupted: SIGTERM" in printed
    assert "exited with 130" in printed
    return printed


def iter_until(process: subprocess.Popen, begin: str) -> Iterator[str]:
    """The lines that a process prints, up to one that begins like this."""
    for line in process.stdout:
        yield line
        if line.startswith(begin):
            return
    pytest.fail(f"it did not come to {begin!r}")


def wait_for(condition: Callable[[], object], process: subprocess.Popen) -> None:
    """Return as soon as `condition` holds; end the process and all that it started if it never does."""
    until = time.monotonic() + WAIT
    while not condition():
        if process.poll() is not None or time.monotonic() > until:
            kill(process)
            pytest.fail(f"it did not come so far:\n{process.communicate()[0]}")
        time.sleep(0.02)


def kill(process: subprocess.Popen) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def trainers(process: subprocess.Popen) -> list[psutil.Process]:
    """The processes below `dvc` that train."""
    below = psutil.Process(process.pid).children(recursive=True)
    return [each for each in below if each.cmdline()[1:3] == ["-m", "pipeline.train"]]
