"""What a node does for one run. Ray sends it by value, so it imports the standard library and `watch` alone."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.cluster.watch import complaint, resolved, watched

OURS = ("MLFLOW_", "DVC_", "GIT_", "RAY_", "TF_", "KERAS_", "XLA_", "OMP_")  # variables that come from the driver
Report = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Snapshot:
    """What every checkout is made of: a git bundle, files over it by path, DVC's settings, environment variables.

    `checkpoints` is a folder that every node sees, None if there is none.
    """

    bundle: bytes
    files: Mapping[str, bytes]
    dvc_config: str
    environment: Mapping[str, str]
    checkpoints: str | None


@dataclass(frozen=True)
class Task:
    """A run: whether it is trained, so that its model is at the remote, its own files by path, and its epochs."""

    run: str
    trained: bool
    files: Mapping[str, bytes]
    epochs: int


def work(snapshot: Snapshot, task: Task, report: Report) -> dict[str, Any]:
    """Train and evaluate a run in a fresh checkout, telling `report` how far it is.

    Returns what became of it: `error` (None if all is well), its log if it failed, precision, threads, oneDNN, seconds.
    """
    begun = time.monotonic()
    report({"state": "checkout"})
    folder = Path(tempfile.mkdtemp(prefix=f"{task.run}-"))
    try:
        checkout = unpack(snapshot, task.files, folder)
        words = ["tools.cluster.work", task.run, *(["--trained"] if task.trained else [])]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tools.cluster.supervisor", str(folder), sys.executable, "-m", *words],
                cwd=checkout,
                env=environment(snapshot),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            for seen in watched(process, checkout, folder / "log", task.run, task.epochs):
                report(seen)
        text = (folder / "log").read_text(errors="replace")
        error = complaint(process.returncode, text)
        return {
            "error": error,
            "log": text if error else "",
            "seconds": time.monotonic() - begun,
            **resolved(checkout / "results/runs" / task.run),
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unpack(snapshot: Snapshot, files: Mapping[str, bytes], folder: Path) -> Path:
    """A clone of the bundle in `folder`, with the files and settings of the driver over it."""
    checkout, bundle = folder / "checkout", folder / "bundle"
    bundle.write_bytes(snapshot.bundle)
    subprocess.run(["git", "clone", "--quiet", str(bundle), str(checkout)], check=True, capture_output=True)
    bundle.unlink()
    for name, content in {**snapshot.files, **files}.items():
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_bytes(content)
    (checkout / ".site-cache").mkdir(mode=0o700)
    (checkout / ".dvc/config.local").write_text(snapshot.dvc_config)
    if snapshot.checkpoints:
        Path(snapshot.checkpoints).mkdir(parents=True, exist_ok=True)
        (checkout / ".checkpoints").symlink_to(snapshot.checkpoints)
        (checkout / ".git/info/exclude").write_text(".checkpoints\n")
    return checkout


def environment(snapshot: Snapshot) -> dict[str, str]:
    """The node's own, with the driver's word on what results and tracking depend on, and this interpreter first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | snapshot.environment | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"}


def node() -> str:
    """The name of this machine."""
    return socket.gethostname()
