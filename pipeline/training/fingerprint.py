"""The fingerprint of a stage's inputs."""

import hashlib
import json

from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT


def stage_fingerprint(stage: str) -> str:
    """The SHA-256, in hexadecimal, of a stage's command, its dependencies' digests and its params.

    DVC itself computes these, so the fingerprint changes exactly when DVC would run the stage again.
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
