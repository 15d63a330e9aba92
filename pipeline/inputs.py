"""The identity of a training: its input key."""

import hashlib
import json
import os
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.files import ROOT


def input_key(stage: str) -> str:
    """The SHA-256, in hexadecimal, of a stage's command, its dependencies' digests and its tracked params.

    DVC itself says what these are, so the key changes exactly when DVC would run the stage again.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc.stage.serialize import to_single_stage_lockfile

    try:
        with Repo(str(ROOT)) as repo:
            loaded = repo.stage.load_one(name=stage)
            loaded.save_deps()
            lock = to_single_stage_lockfile(loaded)
    except DvcException as error:
        raise PipelineError(f"dvc.yaml: stage {stage}: {error}; run it with `dvc repro {stage}`") from error
    identity = {name: lock.get(name) for name in ("cmd", "deps", "params")}
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def main_root() -> Path:
    """The repository that people see; inside a temporary DVC experiment it is not the working directory."""
    return Path(os.environ.get("DVC_ROOT", ROOT))
