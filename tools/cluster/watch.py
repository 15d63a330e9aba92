"""What a run's process has reached, from its log and its checkpoints' folder. The standard library alone: see `job`."""

import csv
import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

INTERVAL = 1.0  # seconds between two looks at a training
STEPS = (  # what the log says, and the state that begins there
    (re.compile(r"^step: (\w+)$", re.MULTILINE), None),
    (re.compile(r"^Running stage 'train@", re.MULTILINE), "training"),
    (re.compile(r"^Running stage 'evaluate@", re.MULTILINE), "evaluating"),
)
OUT_OF_MEMORY = re.compile(r"MemoryError|OOM when allocating|ResourceExhausted|std::bad_alloc")
KILLED = re.compile(r"exited with (-9|137)\b")
MORE = "give it more (--memory) or a smaller batch_size"


def watched(process: subprocess.Popen, checkout: Path, log: Path, run: str, epochs: int) -> Iterator[dict[str, Any]]:
    """What a process has reached, whenever that changes, until it ends."""
    before = None
    while process.poll() is None:
        seen = {"state": state(log.read_text(errors="replace")), "epochs": epochs, **progress(checkout, run, epochs)}
        if seen != before:
            yield seen
            before = seen
        time.sleep(INTERVAL)


def state(log: str) -> str:
    """The step that a log has reached."""
    found = [(match.start(), name or match[1]) for pattern, name in STEPS for match in pattern.finditer(log)]
    return max(found)[1] if found else "checkout"


def progress(checkout: Path, run: str, epochs: int) -> dict[str, Any]:
    """Epochs done, the last validation accuracy, and seconds that the others will take, of what is there already."""
    name = re.compile(rf"{re.escape(run)}-[0-9a-f]{{16}}")
    folders = [path / "run" for path in checkout.glob(".checkpoints/*") if name.fullmatch(path.name)]
    folders = [path for path in folders if (path / "history.csv").exists()]
    if not folders:
        return {}
    newest = max(folders, key=lambda path: (path / "history.csv").stat().st_mtime)
    try:
        with (newest / "history.csv").open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        times = [row["seconds"] for row in json.loads((newest / "environment.json").read_text())["epochs"]]
    except FileNotFoundError:  # the training has just ended
        return {}
    left = (epochs - len(times)) * sum(times) / len(times) if times else None
    return {"epoch": len(rows), "val_accuracy": float(rows[-1]["val_accuracy"]), "left": left}


def complaint(status: int, log: str) -> str | None:
    """Why a run failed, in one line; None if it did not."""
    if status == 0:
        return None
    if OUT_OF_MEMORY.search(log):
        return f"out of memory; {MORE}"
    if KILLED.search(log) or status == 128 + 9:
        return f"killed by somebody, or by the system for want of memory: then {MORE}"
    lines = log.splitlines()
    said = [line for line in lines if line.startswith("error: ")] or [
        line for line in lines if line.startswith("ERROR")
    ]
    return said[0].removeprefix("error: ") if said else f"ended with status {status}"


def resolved(results: Path) -> dict[str, Any]:
    """The precision and threads that a training took, whether with oneDNN, and its seconds."""
    path = results / "environment.json"
    if not path.exists():
        return {}
    found = json.loads(path.read_text())
    return {name: found[name] for name in ("precision", "threads", "onednn")} | {"trained": found["seconds"]}
