"""kill -9 at the calls by which a stage changes files, each in turn, with strace."""

import re
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pipeline import files
from tests.faults.bench import RUN, Bench, checkpoints
from tests.faults.table import Impossible, fault
from tests.workspace import Workspace

CALLS = (
    *("write", "pwrite64", "fsync", "fdatasync", "ftruncate", "rename", "renameat", "renameat2"),
    *("unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "chmod", "fchmodat"),
)
LINE = re.compile(r"^(\w+)\((.*)")
RECOVER = 10  # after every so many kills the stage is run again to its end


@dataclass(frozen=True)
class Stage:
    """A command, the folders that it writes, and the files there that it may leave different each time."""

    name: str
    command: tuple[str, ...]
    place: Callable[[Bench], Workspace]
    outputs: tuple[str, ...]
    differing: tuple[str, ...] = ()


STAGES = (
    Stage("fetch", ("pipeline.fetch",), Bench.blank, ("data/raw",)),
    Stage("preprocess", ("pipeline.preprocess",), Bench.prepared, ("data/processed",)),
    Stage("train", ("pipeline.train", RUN), Bench.prepared, ("results", ".checkpoints"), ("environment.json",)),
    Stage("evaluate", ("pipeline.evaluate", RUN), Bench.trained, (f"results/runs/{RUN}",), ("environment.json",)),
    Stage("report", ("pipeline.report",), Bench.trained, ("results",)),
)


def every_write(bench: Bench, stage: Stage) -> str:
    """Run the stage once to list the calls; then once for each call, killed as it makes that call."""
    if not shutil.which("strace"):
        raise Impossible("no strace command")
    place = stage.place(bench)
    if stage.name == "train":
        place.edit(lambda values: values["protocols"]["fast"]["common"].update(epochs=2, training_images=64))
    before = _snapshot(place, stage)
    log = bench.root / "strace.log"
    _strace(place, stage, ["-y", "-e", f"trace={_known(CALLS)}", "-o", str(log)])
    after = _snapshot(place, stage)
    points = _calls(log, str(place.root))[:: bench.every]
    assert points, "no call was seen"
    kills = 0
    for number, (call, nth) in enumerate(points):
        _restore(place, stage, before)
        where = f"{call} number {nth} of {stage.name}"
        inject = ["-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={nth}"]
        done = _strace(place, stage, inject, check=False)
        kills += done.returncode == -signal.SIGKILL
        assert done.returncode in (-signal.SIGKILL, 0), f"{where}: {done.returncode} {done.stderr}"
        _only_whole(place, stage, before, after, where)
        if number % RECOVER == 0:
            place.run("python", "-m", *stage.command)
            found = _snapshot(place, stage)
            assert {name: found.get(name) for name in after} == after, f"{where}: the next run left something else"
    assert kills > 0.9 * len(points), f"only {kills} kills at {len(points)} calls"
    return f"{kills} kills, each left whole files only"


for stage in STAGES:
    fault(f"kill -9 at every write of {stage.name}", "files under final names are whole; the next run ends well")(
        lambda bench, stage=stage: every_write(bench, stage)
    )


def _strace(place: Workspace, stage: Stage, options: list[str], check: bool = True):
    command = ("strace", "-qq", *options, "python", "-m", *stage.command)
    return place.run(*command, check=check, PYTHONDONTWRITEBYTECODE="1")


def _known(calls: tuple[str, ...]) -> str:
    return ",".join(f"?{call}" for call in calls)  # a processor lacks some


def _calls(log: Path, root: str) -> list[tuple[str, int]]:
    """The calls that concern files below `root`: each by its name and its number among those of that name."""
    seen: dict[str, int] = {}
    found = []
    for line in log.read_text(errors="replace").splitlines():
        match = LINE.match(line)
        if match:
            call = match[1]
            seen[call] = seen.get(call, 0) + 1
            if root in match[2]:
                found.append((call, seen[call]))
    return found


def _snapshot(place: Workspace, stage: Stage) -> dict[str, bytes]:
    """The files that the stage leaves, temporary ones, locks and checkpoints excepted."""
    return {
        str(path.relative_to(place.root)): path.read_bytes()
        for folder in stage.outputs
        if folder != ".checkpoints"
        for path in sorted((place.root / folder).rglob("*"))
        if path.is_file() and not path.name.endswith(".tmp") and path.name not in stage.differing
    }


def _restore(place: Workspace, stage: Stage, before: dict[str, bytes]) -> None:
    for folder in stage.outputs:
        shutil.rmtree(place.root / folder, ignore_errors=True)
    for name, content in before.items():
        (place.root / name).parent.mkdir(parents=True, exist_ok=True)
        (place.root / name).write_bytes(content)


def _only_whole(place: Workspace, stage: Stage, before: dict, after: dict, where: str) -> None:
    for name, content in _snapshot(place, stage).items():
        assert content in (before.get(name), after.get(name)), f"{where}: {name} is half-written"
    for path in checkpoints(place):
        for name, digest in files.read_json(path / "manifest.json").items():
            assert files.sha256(path / name) == digest, f"{where}: {path.name}/{name} is half-written"
    database = place.root / "mlflow.db"
    if database.exists():
        with closing(sqlite3.connect(database)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], f"{where}: mlflow.db"
