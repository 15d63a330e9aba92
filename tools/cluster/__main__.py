"""Do what `dvc repro` does, with the runs that are out of date spread over a Ray cluster: `make cluster`."""

import argparse
from collections.abc import Collection, Mapping, Set
from pathlib import Path
from typing import Any

import filelock

from pipeline.config import params
from pipeline.core import errors
from pipeline.core.errors import Interrupted, PipelineError
from pipeline.core.paths import ROOT
from tools import sync
from tools.cluster import driver, snapshot
from tools.cluster.resources import ResourceRequest

LOCK = ROOT / ".dvc/tmp/cluster.lock"


def main(arguments: argparse.Namespace) -> None:
    """Check the names; then one at a time in a checkout."""
    known = params.load_params()
    runs = [known.run(name).name for name in arguments.runs] or list(known.runs)
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(LOCK, timeout=0):
            work(known, runs, arguments)
    except filelock.Timeout:
        raise PipelineError("another `make cluster` works in this folder; wait for it, or stop it") from None


def work(known: params.Params, runs: list[str], arguments: argparse.Namespace) -> None:
    """Restore, spread what is left, restore that; PipelineError naming the runs that failed, Interrupted if asked."""
    snapshot.require_committed()
    driver.dvc("repro", "preprocess")
    config = snapshot.default_remote()
    stale = driver.restore(runs, config)
    outcomes = {}
    if stale:
        wishes = ResourceRequest(arguments.cpus, arguments.gpus, arguments.memory)
        outcomes = driver.submit_runs(known, stale, config, wishes, arguments.checkpoints)
    left = driver.restore(list(stale), config) if outcomes else stale
    if not left:
        driver.dvc("repro", *(f"evaluate@{run}" for run in arguments.runs))
    sync.main(argparse.Namespace(restore=False))
    report(stale.keys(), outcomes, left)


def report(stale: Set[str], outcomes: Mapping[str, Any], left: Collection[str]) -> None:
    """Say what became of the runs."""
    for line in (*driver.differences(outcomes), driver.spent(outcomes)):
        print(line, end="\n" if line else "")
    failed = driver.failures(outcomes)
    for run, why in failed.items():
        print(f"{run}: {why}")
    if stale and not stale <= outcomes.keys():
        raise Interrupted(
            f"{len(stale) - len(left)} of {len(stale)} runs are finished and can be used;"
            f" `make cluster` goes on with {', '.join(left)}"
        )
    if failed:
        raise PipelineError(f"{len(failed)} of {len(stale)} runs failed: {', '.join(failed)}; the others are finished")
    if left:
        raise PipelineError(f"{', '.join(left)}: finished, but the DVC remote has no results of it; run again")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="*", metavar="RUN", help="names in `runs` of params.yaml; without any, all")
    parser.add_argument("--cpus", type=float, help="processors of a run; its threads, or a whole node for `auto`")
    parser.add_argument("--gpus", type=float, help="GPUs of a run; one, where nodes have GPUs")
    parser.add_argument("--memory", type=float, help="gigabytes of a run; a quarter above what was ever recorded")
    parser.add_argument("--checkpoints", type=Path, help="a folder that all nodes see, to resume on another node")
    errors.run_command(main, parser)
