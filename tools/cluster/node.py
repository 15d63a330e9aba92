"""Train and evaluate one run on a node. Ray sends this module by value, so it imports only the standard library."""

import csv
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INTERVAL = 1.0  # seconds between two checks of the training
NOT_INHERITED = (
    "MLFLOW_",
    "DVC_",
    "GIT_",
    "RAY_",
    "TF_",
    "KERAS_",
    "XLA_",
    "OMP_",
)  # variables of the node
LOCK_TIMEOUT = 120.0  # seconds for a training of the same run on a lost node to end
DVC_CONFIG = b"[core]\nsite_cache_dir = .site-cache\n[cache]\ndir = cache\n"  # the checkout has a cache of its own
STAGE = re.compile(r"^Running stage '(train|evaluate)@", re.MULTILINE)
OUT_OF_MEMORY = re.compile(r"MemoryError|OOM when allocating|ResourceExhausted|std::bad_alloc")
KILLED = re.compile(r"exited with (-9|137)\b")
MORE_MEMORY = "give it more (--memory) or a smaller batch_size"


@dataclass(frozen=True)
class Snapshot:
    """What all runs share: a git bundle, the prepared data by path, and environment variables.

    The project is in `subfolder` of the repository. `checkpoints` is a folder that every node sees, None without one.
    """

    bundle: bytes
    subfolder: str
    data: Mapping[str, bytes]
    environment: Mapping[str, str]
    checkpoints: str | None


def execute(
    snapshot: Snapshot, run: str, files: Mapping[str, bytes], report: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Train and evaluate a run in a new checkout with its own `files`; pass every change of progress to `report`.

    Returns:
        `error`, None if it succeeded; `log`; and `cache`, the files of DVC's cache by path.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"{run}-"))
    log, seen = folder / "log", None
    try:
        checkout = make_checkout(snapshot, files, folder)
        wait_for_locks(checkout, run)
        stages = [sys.executable, "-m", "dvc", "repro", "--single-item", f"train@{run}", f"evaluate@{run}"]
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", "tools.cluster.supervisor", str(folder), *stages],
                cwd=checkout,
                env=environment(snapshot),
                stdin=subprocess.PIPE,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
        while process.poll() is None:
            if seen != (seen := {"state": state(log.read_text(errors="replace")), **progress(checkout, run)}):
                report(seen)
            time.sleep(INTERVAL)
        text, cache = log.read_text(errors="replace"), checkout / ".dvc/cache"
        return {
            "error": failure_reason(process.returncode, text),
            "log": text,
            "cache": {str(path.relative_to(cache)): path.read_bytes() for path in cache.rglob("*") if path.is_file()},
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_checkout(snapshot: Snapshot, files: Mapping[str, bytes], folder: Path) -> Path:
    """Clone the bundle into `folder`, add the data and the run's files; return the project's folder in it."""
    (folder / "bundle").write_bytes(snapshot.bundle)
    clone = folder / "checkout"
    subprocess.run(["git", "clone", "--quiet", str(folder / "bundle"), str(clone)], check=True, capture_output=True)
    (folder / "bundle").unlink()
    checkout = clone / snapshot.subfolder
    for name, content in {**snapshot.data, **files, ".dvc/config.local": DVC_CONFIG}.items():
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_bytes(content)
    (checkout / ".site-cache").mkdir(mode=0o700)
    if snapshot.checkpoints:
        Path(snapshot.checkpoints).mkdir(parents=True, exist_ok=True)
        (checkout / ".checkpoints").symlink_to(snapshot.checkpoints)
        (clone / ".git/info/exclude").write_text(".checkpoints\n")
    return checkout


def environment(snapshot: Snapshot) -> dict[str, str]:
    """The node's environment, with the driver's variables for results and tracking, and this interpreter first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}
    return kept | snapshot.environment | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"}


def wait_for_locks(checkout: Path, run: str) -> None:
    """Wait until no process trains the run with the same checkpoints, at most `LOCK_TIMEOUT`."""
    until = time.monotonic() + LOCK_TIMEOUT
    for path in checkout.glob(f".checkpoints/{run}-{'[0-9a-f]' * 16}.lock"):
        with path.open() as lock:
            while time.monotonic() < until:
                with suppress(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                time.sleep(0.5)


def state(log: str) -> str:
    """What a run does, by its log."""
    stages = STAGE.findall(log)
    return {"train": "training", "evaluate": "evaluating"}[stages[-1]] if stages else "starting"


def progress(checkout: Path, run: str) -> dict[str, Any]:
    """Epochs done and planned, the last validation accuracy, and seconds left; empty before the first epoch's end."""
    folders = checkout.glob(f".checkpoints/{run}-{'[0-9a-f]' * 16}/run")
    histories = [folder / "history.csv" for folder in folders if (folder / "history.csv").exists()]
    try:
        history = max(histories, key=lambda path: path.stat().st_mtime)
        with history.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        epochs = json.loads(history.with_name("run.json").read_text())["settings"]["epochs"]
        times = [row["seconds"] for row in json.loads(history.with_name("environment.json").read_text())["epochs"]]
    except (ValueError, FileNotFoundError):  # no epoch has ended, or the training has just deleted its checkpoints
        return {}
    if not (rows and times):  # these two files are not written at once
        return {}
    left = (epochs - len(times)) * sum(times) / len(times)
    return {"epoch": len(rows), "epochs": epochs, "val_accuracy": float(rows[-1]["val_accuracy"]), "left": left}


def failure_reason(status: int, log: str) -> str | None:
    """Why a run failed, in one line; None if its exit status is 0."""
    if status == 0:
        return None
    if OUT_OF_MEMORY.search(log):
        return f"out of memory; {MORE_MEMORY}"
    if KILLED.search(log) or status == 128 + 9:
        return f"killed, by a user or for lack of memory; in that case {MORE_MEMORY}"
    lines = log.splitlines()
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return next(iter(errors + [line for line in lines if line.startswith("ERROR")]), f"ended with status {status}")
