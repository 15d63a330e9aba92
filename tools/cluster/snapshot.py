"""What the nodes get: this commit, these params, the prepared data's card, and the way to the DVC remote."""

import io
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from tools.cluster import runcache
from tools.cluster.job import Snapshot

if TYPE_CHECKING:
    from dvc.repo import Repo

CODE = ("dvc.yaml", "models", "pipeline", "tools", ".dvc/config", ".dvcignore")  # comes from the commit
DATA = "data"  # what git tracks of it comes as it is here, where it differs from the commit
NUMERICS = ("TF_", "KERAS_", "XLA_", "OMP_")  # variables that change what a training computes, or how fast
LOCAL_REMOTE = ROOT / ".dvc/tmp/cluster-remote"


def require_committed() -> None:
    """PipelineError where code is not committed, or the commit's history is not here: a checkout would not have it."""
    if changed := git("status", "--porcelain", "--", *CODE).decode().splitlines():
        raise PipelineError(f"{changed[0][3:]}: not committed, so the nodes would not have it; commit it first")
    if git("rev-parse", "--is-shallow-repository").strip() == b"true":
        raise PipelineError(".git: a shallow clone; the nodes need the history, get it with `git fetch --unshallow`")


def take(repo: "Repo", checkpoints: Path | None) -> Snapshot:
    """The snapshot of this checkout as it is now."""
    return Snapshot(
        bundle=git("bundle", "create", "--quiet", "-", "HEAD"),
        files=different(DATA),
        dvc_config=dvc_config(repo),
        environment=environment(os.environ),
        checkpoints=str(checkpoints.resolve()) if checkpoints else None,
    )


def different(path: str) -> dict[str, bytes]:
    """The files below `path` that differ from the commit and that git does not ignore, by path."""
    changed = git("diff", "HEAD", "--name-only", "-z", "--", path).decode()
    new = git("ls-files", "--others", "--exclude-standard", "-z", "--", path).decode()
    names = [name for name in f"{changed}{new}".split("\0") if name and (ROOT / name).is_file()]
    return {name: (ROOT / name).read_bytes() for name in names}


def of_runs(runs: Mapping[str, bool]) -> dict[str, dict[str, bytes]]:
    """The files that differ from run to run, by run; `runs` says which are trained.

    Params and DVC's lock hold that run alone, so that a node's work does not grow with the number of runs: DVC reads
    both files whole, several times a run. A trained run has its text results, too; its model is at the remote.
    """
    params = YAML(typ="safe", pure=True).load(ROOT / "params.yaml")
    lock = YAML(typ="safe").load(ROOT / "dvc.lock")
    shared = {name: stage for name, stage in lock["stages"].items() if "@" not in name}
    files = {}
    for run, trained in runs.items():
        own = {f"train@{run}": lock["stages"][f"train@{run}"]} if trained else {}
        files[run] = {
            "params.yaml": dumped(params | {"runs": {run: params["runs"][run]}}),
            "dvc.lock": dumped(lock | {"stages": shared | own}),
            **(results(run) if trained else {}),
        }
    return files


def results(run: str) -> dict[str, bytes]:
    """The text results of a run, by path."""
    folder = f"results/runs/{run}"
    names = git("ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", folder).decode()
    return {name: (ROOT / name).read_bytes() for name in names.split("\0") if name and (ROOT / name).is_file()}


def dumped(values: Any) -> bytes:
    """The values as YAML."""
    stream = io.BytesIO()
    YAML(typ="safe", pure=True).dump(values, stream)
    return stream.getvalue()


def default_remote() -> dict[str, Any] | None:
    """DVC settings that make a folder of this machine the remote; None where a default remote is configured."""
    with runcache.opened() as repo:
        if repo.config["core"].get("remote"):
            return None
    return {"core": {"remote": "cluster"}, "remote": {"cluster": {"url": str(LOCAL_REMOTE)}}}


def dvc_config(repo: "Repo") -> str:
    """`.dvc/config.local` of a checkout: the remote with all that is set for it here, and DVC's scratch folder."""
    from configobj import ConfigObj

    name = repo.config["core"]["remote"]
    settings = {key: str(value) for key, value in repo.config["remote"][name].items()}
    config = ConfigObj()
    config["core"] = {"remote": name, "site_cache_dir": ".site-cache"}
    config[f'remote "{name}"'] = settings
    stream = io.BytesIO()
    config.write(stream)
    return stream.getvalue().decode()


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that nodes take from here: what trainings depend on, and a tracking server that they can reach.

    Without a server each node tracks in its checkout, and `tools.sync` mirrors the results here.
    """
    wanted = NUMERICS
    if variables.get("MLFLOW_TRACKING_URI", "").startswith(("http://", "https://")):
        wanted = (*NUMERICS, "MLFLOW_")
    return {name: value for name, value in variables.items() if name.startswith(wanted)}


def git(*words: str) -> bytes:
    """What git prints; PipelineError with its last line if it fails."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise PipelineError(f"git {words[0]}: {done.stderr.decode(errors='replace').strip().splitlines()[-1]}")
    return done.stdout
