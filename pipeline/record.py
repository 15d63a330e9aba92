"""The two records of a run: `run.json`, equal for equal runs, and `environment.json`, everything that is not."""

import dataclasses
import os
import platform
import subprocess
import sys
import time
import uuid
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models import network
from pipeline import data, files
from pipeline.hardware import Session
from pipeline.params import Run
from pipeline.progress import Progress

if TYPE_CHECKING:
    import keras

PACKAGES = ("tensorflow", "keras", "numpy")
ON_GPU = ("nvidia-cudnn-cu12", "nvidia-cublas-cu12")


def describe(run: Run, model: "keras.Sequential", key: str) -> dict[str, Any]:
    """What the run is: its network and how it is trained; `multiply_accumulates` of one image's forward pass."""
    layers = network.summary(model)
    return {
        "run": run.name,
        "input_key": key,
        "data_digest": files.sha256(data.PROCESSED / "card.json"),
        **run.flags.model_dump(),
        "protocol": run.protocol_name,
        "settings": run.protocol.model_dump(exclude_none=True),
        "parameters": model.count_params(),
        "trainable_parameters": sum(int(np.prod(weight.shape)) for weight in model.trainable_weights),
        "multiply_accumulates": sum(layer["multiply_accumulates"] for layer in layers),
        "layers": layers,
    }


def begin(folder: Path) -> dict[str, Any]:
    """Who this training is and when it began, kept in `folder` from its first start to its end."""
    path = folder / "training.json"
    if path.exists():
        try:
            return files.read_json(path)
        except ValueError as error:
            print(f"warning: {path} is damaged ({error}); MLflow shows the rest as a run of its own", file=sys.stderr)
    training = {"training_id": uuid.uuid4().hex, "started": round(time.time(), 3), "git": _git()}
    files.write_json(path, training)
    return training


def environment(training: dict[str, Any], progress: Progress, session: Session, complete: bool) -> dict[str, Any]:
    """Times in seconds since 1970, durations in seconds, host, versions, and what was resolved for this hardware.

    Empty lists are None, and no two lists share a column but by its meaning: DVC draws the file as a table.
    """
    hardware = session.hardware
    return {
        "epochs": progress.times,
        **training,
        "seconds": round(progress.seconds, 3),
        "complete": complete,
        "host": platform.node(),
        "platform": platform.platform(),
        "versions": versions(),
        "hardware": {
            "processor": hardware.processor,
            "cores": hardware.cores,
            "bfloat16": sorted(hardware.bfloat16) or None,
            "gpus": [dataclasses.asdict(gpu) for gpu in hardware.gpus] or None,
        },
        "precision": session.precision,
        "threads": session.threads,
        "onednn": session.onednn,
        "replicas": session.strategy.num_replicas_in_sync,
        "system": list(progress.system) or None,
    }


def versions() -> dict[str, str]:
    """Of Python and of the packages that the numbers depend on, a GPU's if they are installed."""
    installed = [name for name in ON_GPU if any(metadata.distributions(name=name))]
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in (*PACKAGES, *installed)}


def _git() -> dict[str, Any]:
    """The commit, whether the tree was clean but for what stages write, and the DVC experiment; None if there is none.

    Inside a DVC experiment git's HEAD is DVC's own temporary commit, so the one that the experiment is based on counts.
    """
    baseline = os.environ.get("DVC_EXP_BASELINE_REV")
    changes = _ask_git("status", "--porcelain", "--", ".", ":!data", ":!results", ":!dvc.lock")
    return {
        "git_commit": baseline or _ask_git("rev-parse", "HEAD"),
        "git_clean": None if changes is None else not changes,
        "experiment": os.environ.get("DVC_EXP_NAME"),
    }


def _ask_git(*words: str) -> str | None:
    done = subprocess.run(["git", *words], cwd=files.ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None
