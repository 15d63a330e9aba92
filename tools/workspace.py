"""A clone of this repository beside it, with params of its own: what studies train in, and what measurements run in."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.core.errors import PipelineError
from pipeline.core.files import atomic
from pipeline.core.paths import PARAMS_FILE, ROOT, run_dir

OWN = (str(PARAMS_FILE), "dvc.lock", "data/")  # files that the clone does not follow once it has them
WITHOUT = ("results/", "study/")  # folders that it begins without, and whose files are its own


@dataclass(frozen=True)
class Workspace:
    """One clone; commands run in it as they do here."""

    root: Path

    def start(self, *command: str, more: Mapping[str, str] | None = None, **options: Any) -> subprocess.Popen:
        """Start a command in the clone; `more` joins its environment, `options` are those of subprocess.Popen."""
        return subprocess.Popen(command, cwd=self.root, env=environment() | dict(more or {}), **options)

    def ask(self, *command: str, more: Mapping[str, str] | None = None) -> str:
        """What a command prints; a PipelineError with the last line of its complaint if it fails."""
        process = self.start(*command, more=more, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        printed, complaint = process.communicate()
        if process.returncode:
            last = (complaint.strip() or printed.strip() or "no message").splitlines()[-1]
            raise PipelineError(f"{' '.join(command)}, in {self.root}: ended with {process.returncode}: {last}")
        return printed

    def write_params(self, values: Mapping[str, Any]) -> None:
        """Give the clone its params.yaml."""
        with atomic(self.root / PARAMS_FILE) as stream:
            YAML().dump(dict(values), stream)  # keeps the order, which is that of the report

    def results(self, run: str) -> Path:
        """Where a run's results are."""
        return run_dir(run, self.root)


def environment() -> dict[str, str]:
    """This process's environment, with this interpreter's programs first and nothing of another repository's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "GIT_", "PYTHONPATH"))}
    return kept | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"}


def make(root: Path) -> Workspace:
    """Make the clone, or bring the one that is there up to this repository's present files and commit.

    It uses this repository's DVC cache, so that data are not fetched and runs not trained twice, and has its own
    results, checkpoints and tracking database.
    """
    workspace = Workspace(root)
    complete = root / ".site-cache"  # made last: a clone without it was cut short, and is begun again
    new = not complete.is_dir()
    if new:
        root.mkdir(parents=True, exist_ok=True)
        workspace.ask("git", "init", "-q")
    workspace.ask("git", "fetch", "-q", "--update-shallow", str(ROOT), "HEAD")
    workspace.ask("git", "update-ref", "--no-deref", "HEAD", "FETCH_HEAD")
    workspace.ask("git", "reset", "-q", "--mixed")
    _copy(workspace, new)
    not_code = workspace.ask("git", "ls-files", "--", str(PARAMS_FILE), "study").splitlines()
    workspace.ask("git", "update-index", "--skip-worktree", *not_code)  # that they differ is no change of the code
    if new:
        cache = Workspace(ROOT).ask("dvc", "cache", "dir").strip()
        workspace.ask("dvc", "config", "--local", "cache.dir", cache)
        workspace.ask("dvc", "config", "--local", "core.site_cache_dir", str(complete))
        complete.mkdir(mode=0o700)
        workspace.start("dvc", "checkout", "--quiet", "fetch", "preprocess", stderr=subprocess.DEVNULL).wait()
    return workspace


def _copy(workspace: Workspace, new: bool) -> None:
    """Copy what git knows here, committed or not, and drop what it no longer knows; of its own files only new ones."""
    here = _known(ROOT)
    for name in _known(workspace.root) - here:
        if not name.startswith(OWN + WITHOUT):
            (workspace.root / name).unlink(missing_ok=True)
    for name in here:
        if name.startswith(WITHOUT) or (name.startswith(OWN) and not new):
            continue
        source, target = ROOT / name, workspace.root / name
        if not target.is_file() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def _known(root: Path) -> set[str]:
    listed = Workspace(root).ask("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    return {name for name in listed.split("\0") if name and (root / name).is_file()}
