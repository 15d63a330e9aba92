"""Trainings that are killed at any moment, or diverge."""

import json
import random
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tests.faults.bench import RUN, TRAIN, Bench, checkpoints, kill, until
from tests.faults.table import SAME, fault, line, refusal
from tests.support.workspace import Workspace


@fault("kill -9 at random moments of a training", f"no half-written result; {SAME}")
def random_kills(bench: Bench) -> str:
    """Again and again until there were `bench.kills`; a training that gets to its end begins anew."""
    place = bench.prepared()
    chance = random.Random(1)
    killed = finished = 0
    while killed < bench.kills:
        training = place.start(*TRAIN)
        if chance.random() < 0.9:  # else while it starts
            until(lambda: list((place.root / ".checkpoints").glob("*/run/run.json")), "its start", training)
            seen = len(checkpoints(place))
            if seen == 0 or chance.random() < 0.5:
                _wait_for_work(place, training)
        time.sleep(chance.uniform(0, 4))
        ended = training.poll() is not None
        printed = kill(training) if not ended else training.communicate()[0]
        if ended:
            assert training.returncode == 0, printed
            bench.same(place)
            finished += 1
            _forget(place)
            continue
        killed += 1
        _only_whole_files(bench, place)
    place.run(*TRAIN)
    bench.evaluates_alike(place)
    return f"{killed} kills, {finished + 1} trainings that ended, all in the same bytes; the same metrics"


@fault("kill -9 within a long epoch", f"it goes on at that step; {SAME}")
def within_epoch(bench: Bench) -> str:
    """A copy of the code that keeps a checkpoint after every step instead of every ten minutes."""
    place = bench.prepared()
    change(place, "pipeline/training/callbacks.py", "CHECKPOINT_SECONDS = 600", "CHECKPOINT_SECONDS = 0")
    training = place.start(*TRAIN)
    until(lambda: any(_step(path) > 3 for path in checkpoints(place)), "a checkpoint within an epoch", training)
    kill(training)
    step = _step(checkpoints(place)[-1])
    printed = place.run(*TRAIN).stdout
    seen = line(printed, "continuing after epoch")
    assert seen and (step == 0 or not seen.endswith("step 0")), printed
    bench.same(place, but=["run.json"])  # which names the code
    return seen


@fault("negative control: seed generators left out of the checkpoint", "other bytes: the comparisons here can fail")
def negative_control(bench: Bench) -> str:
    """A copy of the code whose resumed trainings draw other dropout masks."""
    place = bench.prepared()
    change(place, "pipeline/training/state.py", "*seeds, ", "")
    training = place.start(*TRAIN)
    until(lambda: checkpoints(place), "a checkpoint", training)
    kill(training)
    assert "continuing after epoch" in place.run(*TRAIN).stdout
    try:
        bench.same(place, but=["run.json"])
    except AssertionError as difference:
        return str(difference)
    raise AssertionError("it ended in the same bytes")


@fault(
    "the loss becomes NaN in the second epoch",
    "exit status 1, FAILED in MLflow, no model; the first epoch's checkpoint is kept",
)
def diverges_later(bench: Bench) -> str:
    """A copy of the code that spoils a weight as the second epoch begins."""
    place = bench.prepared()
    begin = "        if self.first_step > 0:\n"
    bias = "self.model.trainable_variables[-1]"  # before the softmax; a ReLU makes zeros of NaN
    spoil = f'        if epoch == 1:\n            {bias}.assign({bias} * float("nan"))\n'
    change(place, "pipeline/training/callbacks.py", begin, spoil + begin)
    seen = refusal(place.run(*TRAIN, check=False), "diverged")
    assert not (place.results(RUN) / "model.keras").exists()
    with closing(sqlite3.connect(place.root / "mlflow.db")) as database:
        assert database.execute("SELECT status FROM runs").fetchall() == [("FAILED",)]
    (kept,) = checkpoints(place)
    assert json.loads((kept / "state.json").read_text())["progress"]["epoch"] == 1
    assert "continuing after epoch 1" in place.run(*TRAIN, check=False).stdout
    return seen


def change(place: Workspace, name: str, old: str, new: str) -> None:
    """Replace a piece of the code in the workspace."""
    path = place.root / name
    assert old in path.read_text(), f"{old!r} is no longer in {name}"
    path.write_text(path.read_text().replace(old, new))


def _step(path: Path) -> int:
    """The step that a checkpoint was kept at, 0 if it is just being removed."""
    try:
        return json.loads((path / "state.json").read_text())["progress"]["step"]
    except FileNotFoundError:
        return 0


def _wait_for_work(place: Workspace, training) -> None:
    """Until the next checkpoint, or the end."""
    before = checkpoints(place)[-1:]
    end = time.monotonic() + 30
    while checkpoints(place)[-1:] == before and training.poll() is None and time.monotonic() < end:
        time.sleep(0.02)


def _only_whole_files(bench: Bench, place: Workspace) -> None:
    """What stands under a final name is what belongs there."""
    folder: Path = place.results(RUN)
    for path in folder.iterdir() if folder.exists() else ():
        if path.name in bench.undisturbed:
            assert path.read_bytes() == bench.undisturbed[path.name], f"{path.name} is half-written"


def _forget(place: Workspace) -> None:
    for name in ("results", ".checkpoints"):
        shutil.rmtree(place.root / name)
