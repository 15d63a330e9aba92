"""Send the runs that are out of date to the nodes, and add their results to DVC's cache for `dvc repro` to restore."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.config.params import Params
from pipeline.core.errors import PipelineError
from pipeline.core.files import write_bytes, write_text
from pipeline.core.paths import CHECKPOINTS, ROOT
from tools.cluster import ray_cluster, resources, snapshot
from tools.cluster.resources import ResourceRequest

if TYPE_CHECKING:
    from dvc.repo import Repo

LOGS = ROOT / ".dvc/tmp/cluster-logs"


@contextmanager
def open_repo() -> Iterator["Repo"]:
    """Open the DVC repository; DVC's errors become a PipelineError."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo(str(ROOT)) as repo:
            yield repo
    except DvcException as error:
        raise PipelineError(f"dvc: {error}") from error


def untrained_runs(runs: Sequence[str]) -> list[str]:
    """The runs whose training is out of date, and that `dvc repro` cannot restore from the run cache."""
    if not runs:
        return []
    with open_repo() as repo:
        changed = repo.status(targets=[f"train@{run}" for run in runs])
        return [run for run in runs if f"train@{run}" in changed and not _is_cached(repo, f"train@{run}")]


def _is_cached(repo: "Repo", name: str) -> bool:
    """Whether the run cache has the stage's results for its present inputs; DVC has no public function for it."""
    stage = repo.stage.load_one(name=name)
    stage.save_deps()
    entry = repo.stage_cache._load(stage)
    return entry is not None and repo.stage_cache._create_stage(entry, wdir=stage.wdir).outs_cached()


def submit_runs(
    params: Params, runs: Sequence[str], request: ResourceRequest, checkpoints: Path | None
) -> dict[str, dict[str, Any]]:
    """Train and evaluate runs on the nodes, and add their results to DVC's cache as they end.

    Args:
        params: The content of params.yaml.
        runs: The names of the runs.
        request: The resources of each run.
        checkpoints: A folder that all nodes can access, None if there is none.

    Returns:
        By run, what `node.execute` returned: `error` (None if it succeeded) and `log`. After an interruption (Ctrl-C),
        only the runs that had ended.
    """
    address = os.environ.get("RAY_ADDRESS") or None
    with open_repo() as repo:
        cache = Path(repo.cache.legacy.path)
    results = {}
    with ray_cluster.connect(address) as nodes, suppress(KeyboardInterrupt):
        wanted = {run: resources.requested_resources(params.run(run), nodes, request) for run in runs}
        if checkpoints is None and len({node["host"] for node in nodes}) == 1:  # all on one machine
            checkpoints = ROOT / CHECKPOINTS
        taken, files = snapshot.take_snapshot(checkpoints), snapshot.run_files(runs)
        for run, result in ray_cluster.execute_runs(taken, files, wanted):
            for name, content in result.pop("cache", {}).items():
                if not (cache / name).exists():
                    write_bytes(cache / name, content)
            results[run] = result
    return results


def failures(results: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    """Write the log of each failed run to `LOGS`; return the reason of each failure, by run.

    Args:
        results: What `submit_runs` returned.
    """
    reasons = {}
    for run, result in results.items():
        if result["error"]:
            write_text(LOGS / f"{run}.log", result["log"])
            reasons[run] = f"{result['error']} (log: {(LOGS / f'{run}.log').relative_to(ROOT)})"
    return reasons
