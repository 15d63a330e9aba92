"""What the nodes receive: this commit, the prepared data, each run's params, and environment variables."""

import io
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.config.yaml_file import read_values
from pipeline.core import commands
from pipeline.core.errors import PipelineError
from pipeline.core.paths import PARAMS_FILE, PROCESSED, ROOT
from tools.cluster.node import Snapshot

CODE = ("dvc.yaml", "models", "pipeline", "tools", ".dvc/config", ".dvcignore")  # comes from the commit
NUMERICS = ("TF_", "KERAS_", "XLA_", "OMP_")  # prefixes of variables that change what a training computes, or how fast


def require_committed() -> None:
    """PipelineError if code is not committed, or the history is not here: a checkout would lack it."""
    if changed := git("status", "--porcelain", "--", *CODE).decode().splitlines():
        raise PipelineError(f"{changed[0][3:]}: not committed, so the nodes would not have it; commit it first")
    if git("rev-parse", "--is-shallow-repository").strip() == b"true":
        raise PipelineError(".git: a shallow clone; the nodes need the history, get it with `git fetch --unshallow`")


def take_snapshot(checkpoints: Path | None) -> Snapshot:
    """The snapshot of this checkout as it is now; `checkpoints` is a folder that all nodes see, None without one."""
    return Snapshot(
        bundle=git("bundle", "create", "--quiet", "-", "HEAD"),
        subfolder=git("rev-parse", "--show-prefix").decode().rstrip("\n"),
        data={path.relative_to(ROOT).as_posix(): path.read_bytes() for path in PROCESSED.iterdir() if path.is_file()},
        environment=node_environment(os.environ),
        checkpoints=str(checkpoints.resolve()) if checkpoints else None,
    )


def run_files(runs: Iterable[str]) -> dict[str, dict[str, bytes]]:
    """Each run's params.yaml and dvc.lock, by run and path, with few other runs.

    So a node's work does not grow with the number of runs: DVC reads both files whole, several times a run. Runs with
    their own number of `test_images` stay, since evaluations depend on these.
    """
    params, lock = read_values(ROOT / PARAMS_FILE), YAML(typ="safe").load(ROOT / "dvc.lock")
    locked = _yaml(lock | {"stages": {name: stage for name, stage in lock["stages"].items() if "@" not in name}})
    named = {name for protocol in params["protocols"].values() for name in protocol["test_images"]}
    files = {}
    for run in runs:
        kept = {name: flags for name, flags in params["runs"].items() if name == run or name in named}
        files[run] = {str(PARAMS_FILE): _yaml(params | {"runs": kept}), "dvc.lock": locked}
    return files


def node_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that nodes get: what trainings depend on, and the tracking server if they can reach it.

    Without a server each node tracks in its checkout, and `tools.sync` logs the results here.
    """
    server = variables.get("MLFLOW_TRACKING_URI", "").startswith(("http://", "https://"))
    wanted = (*NUMERICS, "MLFLOW_") if server else NUMERICS
    return {name: value for name, value in variables.items() if name.startswith(wanted)}


def git(*words: str) -> bytes:
    """What git prints; PipelineError if it fails."""
    return commands.run_bytes("git", *words, cwd=ROOT)


def _yaml(values: Any) -> bytes:
    stream = io.BytesIO()
    YAML(typ="safe", pure=True).dump(values, stream)
    return stream.getvalue()
