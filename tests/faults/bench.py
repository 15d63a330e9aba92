"""Where faults are injected: fresh copies of small workspaces, and the ways to disturb a command."""

import itertools
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Collection
from contextlib import closing
from functools import cached_property
from pathlib import Path

from tests.support import workspace
from tests.support.workspace import Workspace

RUN = "lenet-dropout"
TRAIN = ("python", "-m", "pipeline.train", RUN)
PATIENCE = 1800.0  # seconds, at most, for something to happen


class Bench:
    """Makes workspaces below `root`.

    `kills` is how many random moments a training is killed at; of a stage's writes, it is killed at each `every`-th.
    """

    def __init__(self, root: Path, kills: int = 100, every: int = 1):
        self.root = root
        self.kills = kills
        self.every = every
        self.numbers = itertools.count(1)

    @cached_property
    def _blank(self) -> Workspace:
        made = workspace.make(self.root / "blank")
        made.edit(_one_longer_run)
        made.commit("One run")
        return made

    @cached_property
    def _prepared(self) -> Workspace:
        made = self._copy(self._blank, self.root / "prepared")
        made.run("dvc", "repro", "corrupt")
        made.commit("Data")
        return made

    @cached_property
    def _trained(self) -> Workspace:
        made = self._copy(self._prepared, self.root / "trained")
        made.run("dvc", "repro")
        made.commit("Results")
        return made

    def blank(self) -> Workspace:
        """A workspace in which nothing has run."""
        return self._copy(self._blank, self._next())

    def prepared(self) -> Workspace:
        """A workspace with its data and nothing trained."""
        return self._copy(self._prepared, self._next())

    def trained(self) -> Workspace:
        """A workspace in which everything has run."""
        return self._copy(self._trained, self._next())

    @cached_property
    def undisturbed(self) -> dict[str, bytes]:
        """What a training that nothing disturbs leaves: the files that equal trainings share."""
        return {name: content for name, content in self._trained.contents(RUN).items() if name in self.of_training}

    @cached_property
    def of_training(self) -> set[str]:
        """The names of the files that a training leaves and that are equal for equal trainings."""
        return {"model.keras", "history.csv", "weights.csv", "histograms.json", "run.json"}

    def same(self, place: Workspace, but: Collection[str] = ()) -> None:
        """Assert that the training in `place` left the same bytes as the undisturbed one, `but` some files."""
        found = place.contents(RUN)
        for name, content in self.undisturbed.items():
            same = found.get(name) == content or name in but
            assert same, f"{name} differs from that of an undisturbed training"

    def evaluates_alike(self, place: Workspace) -> None:
        """Evaluate and draw the training in `place`, and assert that metrics and figures are the undisturbed one's."""
        for stage in ("pipeline.evaluate", "pipeline.draw"):
            place.run("python", "-m", stage, RUN)
        found, wanted = place.contents(RUN), self._trained.contents(RUN)
        differing = sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name))
        assert not differing, f"{', '.join(differing)} differ from those of an undisturbed training"

    def tidy(self) -> None:
        """Delete the copies that were handed out."""
        for path in self.root.glob("workspace-*"):
            shutil.rmtree(path)

    def _next(self) -> Path:
        return self.root / f"workspace-{next(self.numbers)}"

    @staticmethod
    def _copy(made: Workspace, root: Path) -> Workspace:
        shutil.rmtree(root, ignore_errors=True)  # what an attempt that failed left
        return made.copy(root)


def _one_longer_run(values: dict) -> None:
    values["runs"] = {RUN: values["runs"][RUN]}
    values["protocols"]["fast"]["common"] |= {"epochs": 3, "training_images": 320, "batch_size": 8}


def until(happened: Callable[[], object], what: str, process: subprocess.Popen | None = None) -> None:
    """Wait until something has happened; an AssertionError if it takes too long or `process` ends before."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert process is None or process.poll() is None, f"ended before {what}: {process.communicate()[0]}"
        if time.monotonic() > end:
            printed = kill(process) if process else ""
            raise AssertionError(f"waited {PATIENCE:.0f} s in vain for {what}: {printed}")
        time.sleep(0.02)


def checkpoints(place: Workspace) -> list[Path]:
    """The checkpoints there are, oldest first; not those in a folder that was being removed."""
    return sorted(path for path in (place.root / ".checkpoints").glob("[!.]*/*") if path.name.isdigit())


def kill(process: subprocess.Popen) -> str:
    """kill -9 of a process and all that it started; what it printed."""
    os.killpg(process.pid, signal.SIGKILL)
    return process.communicate()[0]


def caught_up(path: Path) -> None:
    """Assert that the MLflow database at `path` shows one run, finished, with all three epochs."""
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT status FROM runs").fetchall() == [("FINISHED",)]
        query = "SELECT count(DISTINCT step) FROM metrics WHERE key = 'val_loss'"
        assert database.execute(query).fetchone() == (3,)
