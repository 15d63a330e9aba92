"""The two records of a run: `run.json`, the same for equal runs, and `environment.json`, everything else."""

import dataclasses
import itertools
import platform
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.build import layer_summary
from pipeline.config.params import Run
from pipeline.core import environment, git
from pipeline.core.files import sha256
from pipeline.core.packages import installed_version
from pipeline.core.paths import PROCESSED
from pipeline.formats.tables import read_json, write_json
from pipeline.runtime.session import Session
from pipeline.training.progress import Progress

if TYPE_CHECKING:
    import keras

PACKAGES = ("tensorflow", "keras", "numpy")
GPU_PACKAGES = ("nvidia-cudnn-cu12", "nvidia-cublas-cu12")


def model_metadata(run: Run, model: "keras.Sequential", fingerprint: str) -> dict[str, Any]:
    """The content of run.json: the network and its settings; `multiply_accumulates` are for one image."""
    layers = layer_summary(model)
    return {
        "run": run.name,
        "input_key": fingerprint,
        "data_digest": sha256(PROCESSED / "card.json"),
        **run.model.model_dump(),
        "protocol": run.protocol,
        "settings": run.train.model_dump(exclude_none=True),
        "parameters": model.count_params(),
        "trainable_parameters": sum(int(np.prod(weight.shape)) for weight in model.trainable_weights),
        "multiply_accumulates": sum(layer["multiply_accumulates"] for layer in layers),
        "layers": layers,
    }


def training_start(folder: Path) -> dict[str, Any]:
    """The training's id, start time and git state; read from `folder`, and written there when it first starts."""
    path = folder / "training.json"
    if path.exists():
        try:
            return read_json(path)
        except ValueError as error:
            print(f"warning: {path} is damaged ({error}); MLflow shows the rest as a new run", file=sys.stderr)
    start = {"training_id": uuid.uuid4().hex, "started": round(time.time(), 3), "git": git.state()}
    if "git_problem" in start["git"]:
        print(f"warning: the results will not say of which commit: {start['git']['git_problem']}", file=sys.stderr)
    write_json(path, start)
    return start


def environment_metadata(start: dict[str, Any], progress: Progress, session: Session, complete: bool) -> dict[str, Any]:
    """The content of environment.json: times in seconds since 1970, durations in seconds, host, versions, hardware.

    Empty lists are None, and lists share a column only if it means the same: DVC draws the file as a table.
    """
    hardware = session.hardware
    return {
        "epochs": in_order(start["started"], progress.times),
        **start,
        "seconds": round(progress.seconds, 3),
        "complete": complete,
        "host": platform.node(),
        "platform": platform.platform(),
        "versions": package_versions(),
        "hardware": {
            "processor": hardware.processor,
            "cores": hardware.cores,
            "bfloat16": sorted(hardware.bfloat16) or None,
            "gpus": [dataclasses.asdict(gpu) for gpu in hardware.gpus] or None,
        },
        "precision": session.precision,
        "threads": session.threads,
        "onednn": session.onednn,
        "variables": environment.numerical_settings() or None,
        "replicas": session.replicas,
        "system": list(progress.system) or None,
    }


def in_order(started: float, times: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """The epochs' `times`, each ending its duration or more after the one before it, should the clock jump back."""
    ends = itertools.accumulate(
        times, lambda end, time: max(time["finished"], round(end + time["seconds"], 3)), initial=started
    )
    return [time | {"finished": end} for time, end in zip(times, itertools.islice(ends, 1, None), strict=True)]


def checkpoint_identity(fingerprint: str, session: Session) -> dict[str, Any]:
    """What a checkpoint must share with a training that continues from it: inputs, numerics, versions."""
    return {
        "input_key": fingerprint,
        "precision": session.precision,
        "threads": session.threads,
        "onednn": session.onednn,
        "variables": environment.numerical_settings(),
        "replicas": session.replicas,
        "gpus": [gpu.name for gpu in session.hardware.gpus],
        **package_versions(),
    }


def package_versions() -> dict[str, str]:
    """Versions of Python and of the packages that the numbers depend on, including a GPU's if installed."""
    versions = {name: installed_version(name) for name in (*PACKAGES, *GPU_PACKAGES)}
    return {"python": platform.python_version()} | {name: version for name, version in versions.items() if version}
