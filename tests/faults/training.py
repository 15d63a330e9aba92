"""Trainings that are killed, asked to stop, started twice, or diverge."""

import os
import random
import shutil
import signal
import sqlite3
import time
from pathlib import Path

import psutil

from tests.faults.bench import RUN, TRAIN, Bench, checkpoints, kill, until
from tests.faults.table import fault, refusal
from tests.workspace import Workspace

SAME = "the next run ends in the same bytes as an undisturbed one"
REPRO = ("dvc", "repro", f"train@{RUN}")


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
    bench.same(place)
    return f"{killed} kills, {finished + 1} trainings that ended, all in the same bytes"


@fault("kill -9 of `dvc repro` alone, then a second one", f"the orphan stops itself; {SAME}")
def orphan(bench: Bench) -> str:
    """The trainer lives on without its parent for a moment."""
    place = bench.prepared()
    repro = place.start(*REPRO)
    until(lambda: checkpoints(place), "a checkpoint", repro)
    trainers = [child for child in psutil.Process(repro.pid).children(recursive=True) if child.is_running()]
    os.kill(repro.pid, signal.SIGKILL)
    repro.communicate()
    gone, alive = psutil.wait_procs(trainers, timeout=60)
    for process in alive:
        process.kill()
    assert not alive, "the trainer went on for a minute"
    assert not place.results(RUN).exists(), "the orphan wrote results"
    printed = place.run(*REPRO).stdout
    assert "going on after epoch" in printed, printed
    bench.same(place)
    return f"{len(gone)} processes stopped; then: {line(printed, 'going on')}"


@fault("two `dvc repro` at once", "one trains, the other says that it is busy in a line; the results are whole")
def two(bench: Bench) -> str:
    """Both want the same stage."""
    place = bench.prepared()
    first, second = place.start(*REPRO), place.start(*REPRO)
    printed = [process.communicate()[0] for process in (first, second)]
    codes = [first.returncode, second.returncode]
    assert 0 in codes, printed
    bench.same(place)
    assert "Running stage" not in place.run(*REPRO).stdout, "a third dvc repro trained again"
    refused = [text for text, code in zip(printed, codes, strict=True) if code]
    assert all("busy" in text or "another process trains" in text for text in refused), printed
    return line(refused[0], "busy") or line(refused[0], "another") if refused else "one after the other"


@fault("Ctrl-C", f"exit status not 0, resumable; {SAME}")
def interrupt(bench: Bench) -> str:
    """SIGINT to dvc and all that it started, as a terminal sends it."""
    place = bench.prepared()
    repro = place.start(*REPRO)
    until(lambda: checkpoints(place), "a checkpoint", repro)
    os.killpg(repro.pid, signal.SIGINT)
    printed = repro.communicate()[0]
    assert repro.returncode != 0, printed
    assert "Traceback" not in printed, printed
    seen = line(printed, "interrupted:")
    assert "going on after epoch" in place.run(*REPRO).stdout
    bench.same(place)
    return seen


@fault("the loss becomes NaN", "exit status 1, FAILED in MLflow, no model")
def diverges(bench: Bench) -> str:
    """A learning rate that no network survives."""
    place = bench.prepared()
    place.edit(
        lambda values: values["protocols"]["fast"]["common"].update(
            learning_rate=1e30, schedule="constant", warmup=None, clip_norm=None
        )
    )
    seen = refusal(place.run(*TRAIN, check=False), "diverged")
    assert not (place.results(RUN) / "model.keras").exists()
    with sqlite3.connect(place.root / "mlflow.db") as database:
        assert database.execute("SELECT status FROM runs").fetchall() == [("FAILED",)]
    database.close()
    return seen


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
    shutil.rmtree(place.root / "results")


def line(text: str, word: str) -> str:
    """The first line of `text` that holds `word`, empty if there is none."""
    return next((line for line in text.splitlines() if word in line), "")
