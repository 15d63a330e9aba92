"""DVC's run cache between the driver, the remote and the nodes.

`dvc push --run-cache` sends the entries of the run cache, but of the files that they name only those that DVC tracks.
The text results, which git tracks, are sent here too, and the entries last: what the remote names, it has.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import Stage


@contextmanager
def opened(config: Mapping[str, Any] | None = None) -> Iterator["Repo"]:
    """The DVC repository, `config` over its own; what DVC raises becomes a PipelineError."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo(str(ROOT), config=config) as repo:
            yield repo
    except DvcException as error:
        raise PipelineError(f"dvc: {error}") from error


def push(repo: "Repo") -> None:
    """Send every entry of the local run cache to the remote, the files that it names first."""
    runs = Path(repo.stage_cache.cache_dir)
    entries = [(path.parent.name, path.name) for path in runs.glob("*/*/*")]
    for objects in repo.stage_cache.get_used_objs(entries).values():
        _complete(repo.cloud.push(objects), "pushed to")
    repo.stage_cache.push(None)


def fetch_entries(repo: "Repo") -> None:
    """Take all entries that the remote has."""
    from dvc.stage.cache import RunCacheNotSupported

    try:
        repo.stage_cache.pull(None)
    except RunCacheNotSupported as error:
        raise PipelineError(f"the DVC remote keeps no run cache: {error}; use another kind of remote") from error


def recall(repo: "Repo", name: str) -> bool:
    """Whether the run cache knows the results of the stage `name`; if so, they are in the local cache from now on."""
    from dvc.dependency.base import DependencyDoesNotExistError

    stage = repo.stage.load_one(name=name)
    try:
        stage.save_deps()
    except DependencyDoesNotExistError:
        return False
    entry = repo.stage_cache._load(stage)
    if entry is None:
        return False
    cached: Stage = repo.stage_cache._create_stage(entry, wdir=stage.wdir)
    if not cached.outs_cached():
        for objects in cached.get_used_objs().values():
            repo.cloud.pull(objects)
    return cached.outs_cached()


def stale(repo: "Repo", names: Collection[str]) -> set[str]:
    """Those of the stages whose dependencies, params or outputs have changed."""
    return set(repo.status(targets=list(names))) & set(names)


def _complete(result: Any, done: str) -> None:
    if result and result.failed:
        raise PipelineError(f"{len(result.failed)} files could not be {done} the DVC remote; is it reachable?")
