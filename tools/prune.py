"""List what nothing uses any more, with its size, then ask whether to delete it: `make prune`."""

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import psutil
from ruamel.yaml import YAML

from pipeline.config.params import Params, load_params
from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.paths import CHECKPOINTS, ROOT, runs_dir
from pipeline.resume.checkpoint_dir import checkpoint_dir, lock_file
from pipeline.training import fingerprint
from tools.workspace import Workspace

CLONES = "study/*/work"  # the clones that studies train in; they share DVC's cache


def main(arguments: argparse.Namespace) -> None:
    """List; delete with `--yes` or after a yes in the terminal."""
    print("looking for what nothing uses, which takes a minute or more", flush=True)
    items = list(find(ROOT, load_params()))
    if not items:
        print("nothing to prune")
        return
    sizes = {item.what: item.size() for item in items}
    for what, size in [*sizes.items(), ("in total", sum(sizes.values()))]:
        print(f"{size / 1e6:10.1f} MB  {what}")
    if not arguments.yes:
        if not sys.stdin.isatty():
            print("nothing was deleted; to delete all this: make prune YES=1")
            return
        if input("Delete all this? [y/N] ").strip().lower() not in ("y", "yes"):
            print("nothing was deleted")
            return
        # once more, since the answer may have taken an hour
        items = [item for item in find(ROOT, load_params()) if item.what in sizes]
    for item in items:
        item.delete()
    print("deleted")


@dataclass(frozen=True)
class Unused:
    """Something that can be deleted: a description and its paths."""

    what: str
    paths: list[Path]

    def size(self) -> int:
        """Bytes on disk."""
        files = (file for path in self.paths for file in [path, *path.rglob("*")])
        return sum(file.lstat().st_size for file in files if file.is_symlink() or file.is_file())

    def delete(self) -> None:
        """Delete it for good."""
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
        for stage in _load(lock, lambda content: content["stages"].values()):
            for out in stage.get("outs", []):
                unused.pop(out["md5"], None)
    for entry in sorted((root / ".dvc/cache/runs").glob("*/*/*")):
        outs = _load(entry, lambda content: [{"md5": out["md5"], "size": out["size"]} for out in content["outs"]])
        if outs and max(outs, key=lambda out: out["size"])["md5"] not in unused:
            for out in outs:
                unused.pop(out["md5"], None)
    if unused:
        yield Unused(f".dvc/cache: {len(unused)} objects of uncommitted results", list(unused.values()))


def _load(path: Path, read: Callable[[Any], Any]) -> Any:
    """What `read` takes from a file that DVC wrote; PipelineError, before anything is deleted, if it is damaged."""
    try:
        return read(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))
    except Exception as error:  # of any type, for a malformed file
        raise PipelineError(f"{path}: damaged ({errors.reason(error)}); delete it, if DVC is not running") from None


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
        for pid, command in _load(path, _holders) if path.is_file() else ():
            raise PipelineError(f"process {pid} ({command}) is running; wait until it ends")


def _holders(content: Any) -> list[tuple[int, str]]:
    """The living processes that hold DVC's lock, by the content of its rwlock."""
    entries = [[*entry.get("read", []), entry.get("write")] for entry in (content or {}).values()]
    held = [(int(holder["pid"]), str(holder["cmd"])) for holders in entries for holder in holders if holder]
    return [(pid, command) for pid, command in held if psutil.pid_exists(pid)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--yes", action="store_true", help="delete without asking")
    errors.run_command(main, parser)
