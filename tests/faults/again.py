"""A workspace in which a stage is killed and run again, each time from the same beginning."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pipeline.core import files
from pipeline.formats.tables import read_json
from tests.faults import calls
from tests.faults.bench import Bench, checkpoints
from tests.faults.traced import Traced
from tests.support.workspace import Workspace

CHANGING = re.compile(r"[0-9a-f]{8,}|[0-9]{5,}")  # ids and times in names
UNFINISHED = re.compile(r"\.tmp(/|$)|/\.tmp-|-shm$|-wal$")
TRACKED = ("mlflow.db", "mlartifacts")
SHOWN = {  # what MLflow must show in the end, counted
    "finished runs": "SELECT count(*) FROM runs WHERE status = 'FINISHED'",
    "runs": "SELECT count(*) FROM runs",
    "params": "SELECT count(*) FROM params",
    "data sets": "SELECT count(*) FROM inputs WHERE destination_type = 'RUN' AND source_type = 'DATASET'",
    "points": "SELECT count(*) FROM metrics WHERE key NOT LIKE 'system/%'",
    "whole models": "SELECT count(*) FROM logged_models WHERE status = 2",
}


@dataclass(frozen=True)
class Stage:
    """A command, the libraries that it uses, the folders that it writes, and the files there that may differ."""

    name: str
    command: tuple[str, ...]
    libraries: tuple[str, ...]
    place: Callable[[Bench], Workspace]
    outputs: tuple[str, ...]
    differing: tuple[str, ...] = ()


class Place:
    """A workspace in which a stage runs again and again from the same beginning."""

    def __init__(self, bench: Bench, stage: Stage) -> None:
        self.stage, self.workspace = stage, stage.place(bench)
        self.root = self.workspace.root
        self.saved, self.log = bench.root / "saved", bench.root / "strace.log"
        if stage.name == "train":
            few = {"epochs": 2, "training_images": 64}
            self.workspace.edit(lambda values: values["protocols"]["fast"]["common"].update(few))
            self.workspace.run("python", "-c", "from pipeline.tracking import store; store.connect()")
        shutil.rmtree(self.saved, ignore_errors=True)
        for name in self._there(self.root):
            copy(self.root / name, self.saved / name)
        self.before = self.snapshot()

    def begin_again(self) -> None:
        """Put back what was there before the stage ran."""
        for name in self._there(self.root):
            remove(self.root / name)
        for name in self._there(self.saved):
            copy(self.saved / name, self.root / name)

    def _there(self, root: Path) -> list[Path]:
        patterns = (*self.stage.outputs, "mlflow.db-*")
        return [path.relative_to(root) for pattern in patterns for path in root.glob(pattern)]

    def snapshot(self) -> dict[str, bytes]:
        """The stage's files but those that differ each time: temporary ones, checkpoints, what is tracked."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for folder in self.stage.outputs
            if folder not in (".checkpoints", *TRACKED)
            for path in sorted((self.root / folder).rglob("*"))
            if path.is_file() and not UNFINISHED.search(str(path)) and path.name not in self.stage.differing
        }

    def list_calls(self, process: Traced) -> list[calls.Call]:
        """List the calls by which the stage changes files, once DVC has filled its own caches, which stay."""
        assert process.run() == 0, process.output.read_text()
        self.begin_again()
        assert process.listed(self.log) == 0, process.output.read_text()
        self.after, self.shown = self.snapshot(), self.tracked()
        found = calls.parse(self.log, str(self.root))
        assert found, "no call was seen"
        return found

    def only_whole(self, where: str) -> None:
        """Assert that what a killed stage left under final names is whole."""
        for name, content in self.snapshot().items():
            assert content in (self.before.get(name), self.after.get(name)), f"{where}: {name} is half-written"
        for path in checkpoints(self.workspace):
            for name, digest in read_json(path / "manifest.json").items():
                assert files.sha256(path / name) == digest, f"{where}: {path.name}/{name} is half-written"

    def ends_well(self, process: Traced, where: str) -> None:
        """Assert that the next run leaves the same files and the same in MLflow as an undisturbed one."""
        assert process.run() == 0, f"{where}: the next run ended with {process.output.read_text()}"
        found, shown = self.snapshot(), self.tracked()
        differing = [name for name in self.after.keys() | found.keys() if found.get(name) != self.after.get(name)]
        assert not differing, f"{where}: the next run left other {differing}"
        assert shown == self.shown, f"{where}: MLflow shows {shown}, expected {self.shown}"
        left = checkpoints(self.workspace)
        assert self.stage.name == "train" or not left, f"{where}: checkpoints are left"

    def state(self) -> tuple:
        """Which files there are under final names, and what MLflow shows: two kills may leave the same."""
        names = [
            CHANGING.sub("*", str(path.relative_to(self.root)))
            for folder in self.stage.outputs
            for path in (self.root / folder).rglob("*")
            if not UNFINISHED.search(str(path))
        ]
        return tuple(sorted(names)), tuple(self.tracked().items())

    def tracked(self) -> dict[str, int]:
        """What MLflow shows, counted, in a copy of its database; nothing where nothing is tracked."""
        if not (self.root / "mlflow.db").exists():
            return {}
        looked_at = self.saved / "looked-at"
        shutil.rmtree(looked_at, ignore_errors=True)
        for path in self.root.glob("mlflow.db*"):
            copy(path, looked_at / path.name)
        with closing(sqlite3.connect(looked_at / "mlflow.db")) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "mlflow.db is damaged"
            return {name: database.execute(query).fetchone()[0] for name, query in SHOWN.items()}


def copy(source: Path, target: Path) -> None:
    """Copy a file or folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target)


def remove(path: Path) -> None:
    """Remove a file or folder."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
