"""A training that was killed and stopped ends as one that was left alone; one that diverges has failed."""

import json
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

from tests.workspace import Workspace

RUN = "lenet-dropout"
REPRO = ("dvc", "repro", f"train@{RUN}")
WAIT = 900  # seconds, at most, for something to happen
EPOCHS = 3  # as `undisturbed` has


def rows(place: Workspace, query: str) -> list[tuple[Any, ...]]:
    """What the workspace's database answers."""
    with closing(sqlite3.connect(f"file:{place.root}/mlflow.db?mode=ro", uri=True, timeout=60)) as database:
        return database.execute(query).fetchall()


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


def test_killed_then_stopped_then_killed_it_ends_in_the_same_bytes_and_is_one_run(
    begun: Workspace, undisturbed: Workspace
) -> None:
    kill_at_checkpoint(begun, 1)
    assert "going on after epoch 1, step 0" in stop_in_second_epoch(begun)
    assert rows(begun, "SELECT status FROM runs") == [("KILLED",)]
    printed = kill_at_checkpoint(begun, EPOCHS + 1)  # the last epoch's, as the stop wrote one too
    assert "going on after epoch 1, step " in printed
    assert "step 0" not in printed
    assert not begun.results(RUN).exists()
    assert rows(begun, "SELECT status FROM runs") == [("RUNNING",)]
    assert f"going on after epoch {EPOCHS}, step 0" in begun.run(*REPRO).stdout
    assert begun.contents(RUN) == undisturbed.contents(RUN)
    assert_one_whole_run(begun)


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


def assert_one_whole_run(place: Workspace) -> None:
    """Every epoch is in MLflow once, at its time, in numbers and pictures."""
    assert rows(place, "SELECT name, status FROM runs") == [(RUN, "FINISHED")]
    assert rows(place, "SELECT key, step FROM metrics GROUP BY key, step HAVING count(*) > 1") == []
    environment = json.loads((place.results(RUN) / "environment.json").read_text())
    finished = [(epoch["epoch"], round(1000 * epoch["finished"])) for epoch in environment["epochs"]]
    assert [step for step, _ in finished] == list(range(1, EPOCHS + 1))
    for key in ("train_loss", "val_loss", "best_val_accuracy", "weights_conv1_mean"):
        assert rows(place, f"SELECT step, timestamp FROM metrics WHERE key = '{key}' ORDER BY step") == finished
    samples = rows(place, "SELECT count(*) FROM metrics WHERE key = 'system/cpu_utilization_percentage'")
    assert samples == [(len(environment["system"]),)]
    pictures = [
        path.name.split("+")[:3] for path in place.root.glob("mlartifacts/*/artifacts/images/weights_conv1*.png")
    ]
    assert sorted(pictures) == [["weights_conv1", "step", str(epoch)] for epoch in range(1, EPOCHS + 1)]


def test_one_that_diverges_has_failed(begun: Workspace) -> None:
    def diverge(values: dict[str, Any]) -> None:
        values["runs"][RUN].update(learning_rate=1e30, schedule="constant", warmup=None, clip_norm=None)

    begun.edit(diverge)
    done = begun.run("python", "-m", "pipeline.train", RUN, check=False)
    assert (done.returncode, "diverged" in done.stderr) == (1, True), done.stderr
    assert rows(begun, "SELECT status FROM runs") == [("FAILED",)]
