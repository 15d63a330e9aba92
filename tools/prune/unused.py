"""Find what nothing uses any more: old results, objects of DVC's cache, checkpoints, deleted MLflow runs, plots."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import filelock
import psutil
from ruamel.yaml import YAML

from pipeline.config.params import Params
from pipeline.core.errors import PipelineError
from pipeline.core.paths import CHECKPOINTS, runs_dir
from pipeline.resume.checkpoint_dir import checkpoint_dir, lock_file
from pipeline.training import fingerprint
from tools.prune import deleted_runs
from tools.workspace import Workspace

CLONES = "study/*/work"  # the clones that studies train in; they share DVC's cache


@dataclass(frozen=True)
class Unused:
    """Something that can be deleted: a description, its paths, and what must happen before they are deleted."""

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
    """Everything in `root` that can be deleted; PipelineError while a stage runs."""
    _require_idle(root)
    yield from old_results(root, params)
    yield from cache_objects(root)
    yield from checkpoints(root, params)
    yield from (Unused(*item) for item in deleted_runs.find(root))
    if (root / "dvc_plots").is_dir():
        yield Unused("dvc_plots: pages that `dvc plots` drew", [root / "dvc_plots"])


def old_results(root: Path, params: Params) -> Iterator[Unused]:
    """The folders of `results/runs` whose run is not in `params.yaml`."""
    for folder in sorted(runs_dir(root).glob("*/")):
        if folder.name not in params.runs:
            name = folder.relative_to(root).as_posix()
            known = Workspace(root).check_output("git", "ls-files", "--", name)
            changed = Workspace(root).check_output("git", "status", "--porcelain", "--untracked-files=all", "--", name)
            safe = "git has it" if known and not changed else "NOT IN GIT, it would be lost for good"
            yield Unused(f"{name}: not in params.yaml ({safe})", [folder])


def cache_objects(root: Path) -> Iterator[Unused]:
    """The objects that `dvc gc` finds in no commit, branch, tag, experiment or the workspace, with two exceptions.

    Kept are the outputs of studies, and the small outputs of stages whose largest output is in use: DVC restores
    results from them when an edit is undone, but counts them as unused because git holds their present version.
    Objects of a cache outside the project all stay, since others may use them.
    """
    listed = Workspace(root).check_output("dvc", "gc", "--all-commits", "--all-experiments", "--dry", limit=3600)
    removed = (Path(line.removeprefix("Removing ")) for line in listed.splitlines() if line.startswith("Removing "))
    unused = {path.parent.name + path.name: path for path in removed if path.is_relative_to(root)}
    for lock in root.glob(f"{CLONES}/dvc.lock"):
        for stage in YAML(typ="safe").load(lock)["stages"].values():
            for out in stage.get("outs", []):
                unused.pop(out["md5"], None)
    for entry in sorted((root / ".dvc/cache/runs").glob("*/*/*")):
        outs = YAML(typ="safe").load(entry)["outs"]
        if max(outs, key=lambda out: out["size"])["md5"] not in unused:
            for out in outs:
                unused.pop(out["md5"], None)
    if unused:
        yield Unused(f".dvc/cache: {len(unused)} objects of uncommitted results", list(unused.values()))


def checkpoints(root: Path, params: Params) -> Iterator[Unused]:
    """The checkpoints of trainings whose inputs have changed since."""
    wanted: dict[str, Path] = {}
    for folder in sorted((root / CHECKPOINTS).glob("[!.]*/")):
        run = folder.name.rpartition("-")[0]
        if run in params.runs and run not in wanted:
            wanted[run] = checkpoint_dir(root, run, fingerprint.stage_fingerprint(f"train@{run}"))
        if folder != wanted.get(run) and not is_held(lock_file(folder)):
            what = f"{folder.relative_to(root)}: interrupted, its inputs have changed since"
            yield Unused(what, [folder, lock_file(folder)])


def is_held(lock: Path) -> bool:
    """Whether a process holds this lock file."""
    if not lock.exists():
        return False
    try:
        with filelock.FileLock(lock, timeout=0):
            return False
    except filelock.Timeout:
        return True


def _require_idle(root: Path) -> None:
    """PipelineError while DVC runs a stage, here, in a temporary experiment, or in a study's clone."""
    for folder in (root, *root.glob(".dvc/tmp/exps/*"), *root.glob(CLONES)):
        path = folder / ".dvc/tmp/rwlock"
        content = path.read_text() if path.is_file() else ""
        for entry in json.loads(content or "{}").values():
            for holder in [*entry.get("read", []), *filter(None, [entry.get("write")])]:
                if psutil.pid_exists(holder["pid"]):
                    raise PipelineError(f"process {holder['pid']} ({holder['cmd']}) is running; wait until it ends")
