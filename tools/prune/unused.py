"""Finds what nothing uses any more: old results, objects of DVC's cache, checkpoints, deleted MLflow runs, plots."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import filelock
import psutil
from ruamel.yaml import YAML

from pipeline.config.params import Params
from pipeline.core.errors import PipelineError
from pipeline.core.paths import runs_dir
from pipeline.resume import fingerprint
from tools.checks.outputs import outs_of
from tools.prune import deleted_runs

CLONES = "study/*/work"  # of the studies; they share the cache


@dataclass(frozen=True)
class Unused:
    """Something that can go: what it is, where it lies, and what must happen before its files are deleted."""

    what: str
    paths: list[Path]
    before: Callable[[], None] | None = None

    def size(self) -> int:
        """Bytes on disk."""
        files = (file for path in self.paths for file in [path, *path.rglob("*")])
        return sum(file.lstat().st_size for file in files if file.is_symlink() or file.is_file())

    def delete(self) -> None:
        """Delete it for good."""
        if self.before:
            self.before()
        for path in self.paths:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def find(root: Path, params: Params) -> Iterator[Unused]:
    """Everything in `root` that can go; PipelineError while a stage runs."""
    _refuse_if_busy(root)
    yield from old_results(root, params)
    yield from cache_objects(root)
    yield from checkpoints(root, params)
    yield from (Unused(what, paths, before) for what, paths, before in deleted_runs.find(root))
    if (root / "dvc_plots").is_dir():
        yield Unused("dvc_plots: pages that `dvc plots` drew", [root / "dvc_plots"])


def old_results(root: Path, params: Params) -> Iterator[Unused]:
    """The folders of `results/runs` that belong to no run of `params.yaml`."""
    for folder in sorted(runs_dir(root).glob("*/")):
        if folder.name not in params.runs:
            name = folder.relative_to(root).as_posix()
            known = _run(root, "git", "ls-files", "--", name)
            changed = _run(root, "git", "status", "--porcelain", "--untracked-files=all", "--", name)
            safe = "git has it" if known and not changed else "NOT IN GIT, it would be gone for good"
            yield Unused(f"{name}: not in params.yaml ({safe})", [folder])


def cache_objects(root: Path) -> Iterator[Unused]:
    """What `dvc gc` finds in no commit, branch, tag, experiment or the workspace.

    Kept beside that: what the studies trained, and the small files of a stage whose largest output is in use. DVC needs
    them to restore results without training after an edit was taken back, yet counts them as unused because git holds
    their present version. In a cache outside the project others may have objects, and so all of them stay.
    """
    listed = _run(root, sys.executable, "-m", "dvc", "gc", "--all-commits", "--all-experiments", "--dry")
    unused = {}
    for line in listed.splitlines():
        if line.startswith("Removing "):
            path = Path(line.removeprefix("Removing "))
            if path.is_relative_to(root):
                unused[path.parent.name + path.name] = path
    for clone in root.glob(CLONES):
        for _, out in outs_of(clone):
            unused.pop(out["md5"], None)
    for entry in sorted((root / ".dvc/cache/runs").glob("*/*/*")):
        outs = YAML(typ="safe", pure=True).load(entry)["outs"]
        if max(outs, key=lambda out: out["size"])["md5"] not in unused:
            for out in outs:
                unused.pop(out["md5"], None)
    if unused:
        yield Unused(f".dvc/cache: {len(unused)} objects of uncommitted results", list(unused.values()))


def checkpoints(root: Path, params: Params) -> Iterator[Unused]:
    """The checkpoints of trainings whose inputs are no longer those of `params.yaml` and the code."""
    wanted: dict[str, str] = {}
    for folder in sorted((root / ".checkpoints").glob("[!.]*/")):
        run = folder.name.rpartition("-")[0]
        if run in params.runs and run not in wanted:
            wanted[run] = f"{run}-{fingerprint.stage_fingerprint(f'train@{run}')[:16]}"
        lock = folder.with_suffix(".lock")
        if folder.name != wanted.get(run) and not held(lock):
            yield Unused(f".checkpoints/{folder.name}: interrupted, its inputs have changed since", [folder, lock])


def held(lock: Path) -> bool:
    """Whether a process holds the lock of a training."""
    try:
        with filelock.FileLock(lock, timeout=0):
            return False
    except filelock.Timeout:
        return True


def _refuse_if_busy(root: Path) -> None:
    """PipelineError while DVC runs a stage, here, in a temporary experiment, or in a study's clone."""
    places = [root, *root.glob(".dvc/tmp/exps/*"), *root.glob(CLONES)]
    for path in (place / ".dvc/tmp/rwlock" for place in places):
        content = path.read_text() if path.is_file() else ""
        for entry in json.loads(content or "{}").values():
            for holder in [*entry.get("read", []), *filter(None, [entry.get("write")])]:
                if psutil.pid_exists(holder["pid"]):
                    raise PipelineError(f"process {holder['pid']} ({holder['cmd']}) is at work; wait until it ends")


def _run(root: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or [f"exit status {done.returncode}"]
        raise PipelineError(f"{' '.join(command[-5:])}: {said[-1]}")
    return done.stdout
