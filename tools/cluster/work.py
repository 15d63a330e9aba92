"""One run in a checkout on a node, from its inputs at the DVC remote to its results there."""

import argparse
import subprocess
import sys
import time

from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from pipeline.resume import checkpoint_dir, fingerprint
from tools.cluster import runcache
from tools.prune.unused import held

PATIENCE = 120.0  # seconds for a training of the same run, whose node is lost, to end


def dvc(*words: str) -> None:
    """Run a DVC command; what it prints goes into the log."""
    subprocess.run([sys.executable, "-m", "dvc", *words], cwd=ROOT, check=True)


def wait_for_the_lock(run: str) -> None:
    """Return when no other process trains this run on the shared checkpoints, or after `PATIENCE`."""
    if not (ROOT / ".checkpoints").is_symlink():
        return
    lock = checkpoint_dir.checkpoint_dir(ROOT, run, fingerprint.stage_fingerprint(f"train@{run}")).with_suffix(".lock")
    until = time.monotonic() + PATIENCE
    while lock.exists() and held(lock) and time.monotonic() < until:
        time.sleep(0.5)


def main(arguments: argparse.Namespace) -> None:
    """Take the inputs, train and evaluate, push the results; each step begins with a line that names it."""
    run, stages = arguments.run, [f"train@{arguments.run}", f"evaluate@{arguments.run}"]
    try:
        print("step: inputs", flush=True)
        dvc("pull", "preprocess", *([stages[0]] if arguments.trained else []))
        wait_for_the_lock(run)
        try:
            dvc("repro", "--single-item", *stages)
        finally:  # a training is kept though its evaluation failed
            print("step: pushing", flush=True)
            with runcache.opened() as repo:
                runcache.push(repo)
    except subprocess.CalledProcessError as error:
        raise PipelineError(f"{' '.join(error.cmd[2:])} ended with {error.returncode}") from error


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--trained", action="store_true", help="the trained model is at the remote")
    errors.run_command(main, parser)
