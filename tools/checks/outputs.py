"""What DVC made: dvc.lock, and the results that it names."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.config import params
from pipeline.core.errors import PipelineError
from pipeline.core.paths import PARAMS_FILE
from tools.checks.verdict import Verdict, some

LOCK = "dvc.lock"
MARKERS = ("<<<<<<<", "=======", ">>>>>>>")
RESTORE = "restore it with `git checkout dvc.lock`, then `make repro`"


def lock(root: Path) -> Verdict:
    """Whether dvc.lock can be read, holds no conflict of a merge, and names stages that there are."""
    if not (root / LOCK).exists():
        return Verdict("none yet, nothing has run")
    try:
        stages = _stages(root)
    except PipelineError as error:
        return Verdict(str(error), RESTORE)
    known = YAML(typ="safe", pure=True).load(root / "dvc.yaml")["stages"]
    unknown = [name for name in stages if name.partition("@")[0] not in known]
    if unknown:
        return Verdict(f"stages that dvc.yaml does not have: {some(unknown)}", RESTORE)
    return Verdict(f"{len(stages)} stages")


def results(root: Path) -> Verdict:
    """Whether every run of params.yaml has its results, and every output is the one that dvc.lock names."""
    stages = _stages(root)
    runs = params.load_params(root / PARAMS_FILE).runs
    wanted = ["fetch", "preprocess", *(f"{stage}@{run}" for run in runs for stage in ("train", "evaluate")), "report"]
    missing = [name for name in wanted if name not in stages]
    if missing:
        return Verdict(f"not run yet: {some(missing)}", "run `make repro`")
    outs = [(stage, out) for stage, out in outs_of(root) if stage in wanted]
    absent = [out["path"] for _, out in outs if not (root / out["path"]).is_file()]
    if absent:
        return Verdict(f"absent: {some(absent)}", "run `dvc checkout`, then `make repro`")
    other = [(stage, out["path"]) for stage, out in outs if md5(root / out["path"]) != out["md5"]]
    if other:
        stage = other[0][0]
        remedy = f"remove it, then `dvc checkout` or `git checkout` it, or run `dvc repro --force {stage}`"
        return Verdict(f"not what dvc.lock says: {some([path for _, path in other])}", remedy)
    return Verdict(f"{len(outs)} files as in dvc.lock")


def md5(path: Path) -> str:
    """The MD5 of a file in hexadecimal, as DVC takes it."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def outs_of(root: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every output that dvc.lock names, with its stage; PipelineError if it cannot be used."""
    for name, stage in _stages(root).items():
        for out in stage.get("outs", []):
            yield name, out


def _stages(root: Path) -> dict[str, Any]:
    """The stages in dvc.lock, none if there is no such file; PipelineError if it cannot be used."""
    path = root / LOCK
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else "stages: {}"
    except UnicodeDecodeError as error:
        raise PipelineError(f"{LOCK}: {error}") from None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(MARKERS):
            raise PipelineError(f"{LOCK}: line {number}: conflict marker {line[:7]}")
    try:
        stages = YAML(typ="safe", pure=True).load(text)["stages"]
    except (YAMLError, TypeError, KeyError) as error:
        raise PipelineError(f"{LOCK}: {' '.join(str(error).split()):.120}") from None
    if not isinstance(stages, dict) or not all(isinstance(stage, dict) for stage in stages.values()):
        raise PipelineError(f"{LOCK}: stages must be a mapping of mappings")
    for name, stage in stages.items():
        outs = stage.get("outs", [])
        if not isinstance(outs, list) or not all(isinstance(out, dict) and {"path", "md5"} <= set(out) for out in outs):
            raise PipelineError(f"{LOCK}: {name}: outs must be a list of outputs, each with its path and md5")
    return stages
