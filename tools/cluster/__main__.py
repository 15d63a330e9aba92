"""Do what `dvc repro` does, with the runs that are out of date on a Ray cluster: `make cluster`."""

import argparse
import subprocess
import sys
from pathlib import Path

import filelock

from pipeline.config.params import Params, load_params
from pipeline.core import errors
from pipeline.core.errors import Interrupted, PipelineError
from pipeline.core.paths import ROOT
from tools import sync
from tools.cluster import driver, snapshot
from tools.cluster.resources import ResourceRequest

LOCK = ROOT / ".dvc/tmp/cluster.lock"


def main(arguments: argparse.Namespace) -> None:
    """Check the names of the runs, then train; PipelineError if another process does so in this checkout."""
    params = load_params()
    runs = [params.run(name).name for name in arguments.runs] or list(params.runs)
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(LOCK, timeout=0):
            train(params, runs, arguments)
    except filelock.Timeout:
        raise PipelineError("another `make cluster` is running in this folder; wait for it, or stop it") from None


def train(params: Params, runs: list[str], arguments: argparse.Namespace) -> None:
    """Train and evaluate on the nodes what the run cache lacks; restore, draw, report and log to MLflow here.

    Raises PipelineError for runs that failed, and Interrupted if asked to stop before all ended.
    """
    snapshot.require_committed()
    dvc("repro", "corrupt")
    stale, results = driver.untrained_runs(runs), {}
    if stale:
        request = ResourceRequest(arguments.cpus, arguments.gpus, arguments.memory)
        results = driver.submit_runs(params, stale, request, arguments.checkpoints)
    left, failed = driver.untrained_runs(stale), driver.failures(results)
    finished = [run for run in runs if run not in left and run not in failed]
    if finished:  # without names everything, with the report
        dvc("repro", *(f"draw@{run}" for run in finished if arguments.runs or finished != runs))
    sync.main(argparse.Namespace(restore=False))
    for run, reason in failed.items():
        print(f"{run}: {reason}")
    if len(results) < len(stale):
        done = f"{len(stale) - len(left)} of {len(stale)} runs are finished and can be used"
        raise Interrupted(f"{done}; `make cluster` continues with {', '.join(left)}")
    if failed:
        raise PipelineError(f"{len(failed)} of {len(stale)} runs failed: {', '.join(failed)}; the others are finished")
    if left:
        raise PipelineError(f"{', '.join(left)}: trained from other inputs, since files changed meanwhile; run again")


def dvc(*words: str) -> None:
    """Run a DVC command and show its output; PipelineError if it fails."""
    if subprocess.run([sys.executable, "-m", "dvc", *words], cwd=ROOT, check=False).returncode:
        raise PipelineError(f"dvc {words[0]} failed, see above; fix it and run again")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="*", metavar="RUN", help="names in `runs` of params.yaml; without any, all")
    parser.add_argument("--cpus", type=float, help="processors of a run; its threads, or a whole node for `auto`")
    parser.add_argument("--gpus", type=float, help="GPUs of a run; one, where nodes have GPUs")
    parser.add_argument("--memory", type=float, help="gigabytes of a run; 7 by default")
    parser.add_argument("--checkpoints", type=Path, help="a folder that all nodes see, to resume on another node")
    errors.run_command(main, parser)
