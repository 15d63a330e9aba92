"""The work of `make cluster`: what is stale goes to the nodes, and comes back through DVC's run cache."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.config.params import Params
from pipeline.core import files
from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT, RUNS
from tools.cluster import job, pool, resources, runcache, snapshot, view
from tools.cluster.resources import ResourceRequest

LOGS = ROOT / ".dvc/tmp/cluster-logs"
INTERVAL = 1.0  # seconds between two looks at the nodes


def dvc(*words: str) -> None:
    """Run a DVC command and show what it prints."""
    done = subprocess.run([sys.executable, "-m", "dvc", *words], cwd=ROOT, check=False)
    if done.returncode:
        raise PipelineError(f"dvc {words[0]} failed, see above; mend it and run again")


def restore(runs: Sequence[str], config: Mapping[str, Any] | None) -> dict[str, bool]:
    """Bring back what the run cache has of the runs, here or at the remote.

    Returns those that are stale all the same, each with whether it is trained and lacks its evaluation alone.
    """
    if not runs:
        return {}
    with runcache.opened(config) as repo:
        changed = runcache.stale(repo, [f"{kind}@{run}" for run in runs for kind in ("train", "evaluate")])
        if not changed:
            return {}
        runcache.fetch_entries(repo)
    untrained = restore_from_run_cache([f"train@{run}" for run in runs if f"train@{run}" in changed], config)
    trained = [run for run in runs if {f"train@{run}", f"evaluate@{run}"} & changed and run not in untrained]
    unevaluated = restore_from_run_cache([f"evaluate@{run}" for run in trained], config)
    return {run: run in unevaluated for run in runs if run in untrained | unevaluated}


def restore_from_run_cache(names: Sequence[str], config: Mapping[str, Any] | None) -> set[str]:
    """Have `dvc repro` restore those stages that the run cache knows; the runs of the others."""
    with runcache.opened(config) as repo:
        known = [name for name in names if runcache.recall(repo, name)]
    if known:
        dvc("repro", "--quiet", "--single-item", *known)
    return {name.partition("@")[2] for name in names if name not in known}


def prepare(
    runs: Mapping[str, bool], config: Mapping[str, Any] | None, checkpoints: Path | None
) -> tuple[snapshot.Snapshot, dict[str, dict[str, bytes]]]:
    """Send what the nodes need to the remote; the snapshot, and each run's own files."""
    with runcache.opened(config) as repo:
        repo.push(targets=["preprocess", *(f"train@{run}" for run, trained in runs.items() if trained)])
        return snapshot.take(repo, checkpoints), snapshot.of_runs(runs)


def submit_runs(
    params: Params,
    runs: Mapping[str, bool],
    config: Mapping[str, Any] | None,
    wishes: ResourceRequest,
    checkpoints: Path | None,
) -> dict[str, Any]:
    """Have the nodes do what each run lacks; what became of it. Asked to stop, it leaves out the unfinished.

    `runs` says which are trained already; `config` is None where a DVC remote is configured.
    """
    address = os.environ.get("RAY_ADDRESS") or None
    outcomes: dict[str, Any] = {}
    with pool.connected(address) as cluster:
        nodes = cluster.nodes()
        here = address is None or len({node["host"] for node in nodes}) == 1
        if config and not here:
            raise PipelineError("no default DVC remote is configured, and the nodes see none of this machine's folders")
        taken, own = prepare(runs, config, checkpoints or (ROOT / ".checkpoints" if here else None))
        shared, seen = cluster.share(taken), resources.recorded_memory(RUNS)
        for run in runs:
            wanted = resources.requested_resources(params.runs[run], nodes, seen, wishes)
            cluster.submit(wanted, shared, job.Task(run, runs[run], own[run], params.runs[run].protocol.epochs))
        with view.opened(runs) as shown:
            try:
                for ended in cluster.outcomes(INTERVAL):
                    for run, row in cluster.rows().items():
                        shown.update(run, row)
                    if ended:
                        run, outcome = ended
                        outcomes[run] = outcome
                        shown.update(run, {"state": "failed" if outcome["error"] else "done"})
                    shown.show()
            except KeyboardInterrupt:
                pass
    return outcomes


def failures(outcomes: Mapping[str, Any]) -> dict[str, str]:
    """Why each failed run failed; its log is written beside DVC's other scratch files."""
    said = {}
    for run, outcome in outcomes.items():
        if outcome["error"]:
            path = LOGS / f"{run}.log"
            files.write_text(path, outcome["log"])
            said[run] = f"{outcome['error']} (log: {path.relative_to(ROOT)})"
    return said


def differences(outcomes: Mapping[str, Any]) -> list[str]:
    """A line for each of precision, threads and oneDNN in which the nodes differed, since then bits differ too."""
    lines = []
    for name in ("precision", "threads", "onednn"):
        runs: dict[Any, list[str]] = {}
        for run, outcome in outcomes.items():
            if name in outcome:
                runs.setdefault(outcome[name], []).append(run)
        if len(runs) > 1:
            kinds = "; ".join(f"{value}: {', '.join(names)}" for value, names in runs.items())
            where = "TF_ENABLE_ONEDNN_OPTS" if name == "onednn" else "params.yaml"
            lines.append(f"note: {name} differed between runs, and bits with it; set it in {where} ({kinds})")
    return lines


def spent(outcomes: Mapping[str, Any]) -> str:
    """Where the nodes' time went, on average over the runs that trained; empty if none did."""
    done = [outcome for outcome in outcomes.values() if not outcome["error"] and "trained" in outcome]
    if not done:
        return ""
    whole, trained = (sum(outcome[name] for outcome in done) / len(done) for name in ("seconds", "trained"))
    return f"{len(done)} runs of {whole:.0f} s on average, {trained:.0f} s of it training"
