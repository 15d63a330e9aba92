"""An interrupted training ends in the same bytes as one that was left alone."""

import os
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.workspace import Workspace

RUN = "lenet-dropout"
COMMAND = ("python", "-m", "pipeline.train", RUN)
WAIT = 120  # seconds, at most, for a checkpoint to appear


@pytest.fixture(scope="module")
def undisturbed(prepared: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace in which `RUN` has trained three epochs without interruption."""
    made = prepared.copy(tmp_path_factory.mktemp("undisturbed") / "copy")
    made.edit(lambda values: values["protocols"]["fast"]["common"].update(epochs=3, training_images=320, batch_size=8))
    made.run(*COMMAND)
    return made


@pytest.fixture
def begun(undisturbed: Workspace, tmp_path: Path) -> Workspace:
    """A copy of it that has not trained."""
    copy = undisturbed.copy(tmp_path / "copy")
    for name in ("results", ".checkpoints"):
        shutil.rmtree(copy.root / name)
    return copy


def test_killed_after_the_first_epoch_and_after_the_last_it_ends_in_the_same_bytes(
    undisturbed: Workspace, begun: Workspace
) -> None:
    kill_after(begun, 1)
    assert "going on after epoch 1" in kill_after(begun, 3)
    assert not begun.results(RUN).exists()
    assert "going on after epoch 3" in begun.run(*COMMAND).stdout
    assert begun.contents(RUN) == undisturbed.contents(RUN)


def test_results_lost_before_dvc_kept_them_are_made_again_without_training(
    undisturbed: Workspace, tmp_path: Path
) -> None:
    copy = undisturbed.copy(tmp_path / "copy")
    shutil.rmtree(copy.root / "results")
    printed = copy.run(*COMMAND).stdout
    assert "going on after epoch 3, step 0" in printed
    assert "Epoch" not in printed
    assert copy.contents(RUN) == undisturbed.contents(RUN)
    with closing(sqlite3.connect(copy.root / "mlflow.db")) as database:
        assert database.execute("SELECT status FROM runs").fetchall() == [("FINISHED",)]
    copy.run("python", "-m", "pipeline.evaluate", RUN)
    assert not list(copy.root.glob(".checkpoints/*/"))


def test_asked_to_stop_in_an_epoch_it_goes_on_at_that_step(undisturbed: Workspace, begun: Workspace) -> None:
    asked = begun.start(*COMMAND, PYTHONUNBUFFERED="1")
    assert any(line.startswith("Epoch 2/3") for line in iter(asked.stdout.readline, ""))
    time.sleep(0.3)  # of the epoch's second or so
    asked.send_signal(signal.SIGTERM)
    printed, _ = asked.communicate()
    assert asked.returncode == 130, printed
    assert "interrupted: SIGTERM" in printed
    resumed = begun.run(*COMMAND).stdout
    assert "going on after epoch" in resumed
    assert "step 0" not in resumed
    assert begun.contents(RUN) == undisturbed.contents(RUN)


def test_without_the_seed_generators_it_does_not(undisturbed: Workspace, begun: Workspace) -> None:
    """The negative control: the comparison above can fail."""
    loop = begun.root / "pipeline/loop.py"
    source = loop.read_text()
    assert "*seeds, " in source
    loop.write_text(source.replace("*seeds, ", ""))
    kill_after(begun, 1)
    begun.run(*COMMAND)
    assert begun.contents(RUN)["model.keras"] != undisturbed.contents(RUN)["model.keras"]


def kill_after(workspace: Workspace, epoch: int) -> str:
    """Train, or go on, until the checkpoint of that epoch has been written, and kill -9; what was printed."""
    training = workspace.start(*COMMAND, PYTHONUNBUFFERED="1")
    until = time.monotonic() + WAIT
    while not list((workspace.root / ".checkpoints").glob(f"*/{epoch:06d}")):
        assert training.poll() is None, training.communicate()[0]
        assert time.monotonic() < until, "no checkpoint in time"
        time.sleep(0.01)
    os.killpg(training.pid, signal.SIGKILL)
    return training.communicate()[0]
