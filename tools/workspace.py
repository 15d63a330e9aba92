"""A clone of this repository with a params.yaml of its own, in which studies and measurements train."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configobj import ConfigObj
from ruamel.yaml import YAML

from pipeline.core import commands
from pipeline.core.environment import SITE_CACHE
from pipeline.core.files import atomic
from pipeline.core.paths import PARAMS_FILE, ROOT

OWN = (str(PARAMS_FILE), "dvc.lock", "data/")  # copied into a new clone, then left alone
EXCLUDED = ("results/", "study/")  # never copied


@dataclass(frozen=True)
class Workspace:
    """A checkout of the project at `root`, in which commands run in this process's environment."""

    root: Path

    def start(self, *command: str, env: Mapping[str, str] | None = None, **options: Any) -> subprocess.Popen:
        """Start a command; `env` is added to its environment, `options` are those of subprocess.Popen."""
        return subprocess.Popen(command, cwd=self.root, env=self._environment() | dict(env or {}), **options)

    def check_output(
        self, *command: str, env: Mapping[str, str] | None = None, limit: float | None = commands.LIMIT
    ) -> str:
        """Run a command and return what it prints; PipelineError if it fails or takes longer than `limit` seconds."""
        return commands.run(*command, cwd=self.root, env=self._environment() | dict(env or {}), limit=limit)

    def _environment(self) -> dict[str, str]:
        """This process's environment, with DVC's private folder in this checkout and nothing else about another."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "GIT_"))}
        return kept | {SITE_CACHE: str(self.root.absolute() / ".site-cache")}

    def write_params(self, values: dict[str, Any]) -> None:
        """Write params.yaml, in the order of `values`; `test_images` without runs that are not in them."""
        protocols = {}
        for name, protocol in values["protocols"].items():
            known = {key: n for key, n in protocol["test_images"].items() if key in protocol or key in values["runs"]}
            protocols[name] = protocol | {"test_images": known}
        with atomic(self.root / PARAMS_FILE) as stream:
            yaml = YAML()
            yaml.representer.ignore_aliases = lambda _: True  # which params.yaml may not contain
            yaml.dump(values | {"protocols": protocols}, stream)


def make_clone(root: Path) -> Workspace:
    """Clone this repository into `root`, or update the clone there to the present commit and files.

    The clone uses this repository's DVC cache, so data are not fetched and runs not trained twice; its results,
    checkpoints and tracking database are its own. No other process may use it: git's locks in it, which a killed
    process leaves behind, are removed.

    Returns:
        The project's checkout, in the same subfolder of the clone as here of the repository.
    """
    located = Workspace(ROOT).check_output("git", "rev-parse", "--show-toplevel", "--show-prefix")
    repository, subfolder, *_ = located.split("\n")
    clone = Workspace(root / subfolder)
    clone.root.mkdir(parents=True, exist_ok=True)
    complete = clone.root / ".site-cache"  # made last, so a clone without it is not complete
    new = not complete.is_dir()
    if new:
        Workspace(root).check_output("git", "init", "-q")
    for lock in (root / ".git").glob("*.lock"):
        lock.unlink()
    clone.check_output("git", "fetch", "-q", "--depth=1", repository, "HEAD")
    clone.check_output("git", "update-ref", "--no-deref", "HEAD", "FETCH_HEAD")
    clone.check_output("git", "reset", "-q", "--mixed")
    _copy_files(clone, new)
    not_code = clone.check_output("git", "ls-files", "--", str(PARAMS_FILE), "study").splitlines()
    clone.check_output("git", "update-index", "--skip-worktree", *not_code)  # so git counts the code as unchanged
    if new:
        cache = Workspace(ROOT).check_output("dvc", "cache", "dir").strip()
        with atomic(clone.root / ".dvc/config.local") as stream:  # `dvc config` fails outside ASCII
            settings = {"cache": {"dir": cache}, "core": {"site_cache_dir": str(complete)}}
            ConfigObj(settings, encoding="utf-8").write(stream)
        complete.mkdir(mode=0o700)
        clone.start("dvc", "checkout", "--quiet", "fetch", "preprocess", "corrupt", stderr=subprocess.DEVNULL).wait()
    return clone


def _copy_files(clone: Workspace, new: bool) -> None:
    """Copy every file that git does not ignore, committed or not, and delete files that are no longer here."""
    here = _files(ROOT)
    for name in _files(clone.root) - here:
        if not name.startswith(OWN + EXCLUDED):
            (clone.root / name).unlink(missing_ok=True)
    for name in here:
        if name.startswith(EXCLUDED) or (name.startswith(OWN) and not new):
            continue
        source, target = ROOT / name, clone.root / name
        if not target.is_file() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def _files(root: Path) -> set[str]:
    """The files below `root` that git tracks or does not ignore."""
    listed = Workspace(root).check_output("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    return {name for name in listed.split("\0") if name and (root / name).is_file()}
