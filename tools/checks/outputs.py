"""Check dvc.lock and the results that it lists."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.params import load_params
from pipeline.core.errors import PipelineError
from pipeline.core.paths import PARAMS_FILE
from tools.checks import Verdict, first_few


@dataclass(frozen=True)
class Output:
    """A file in dvc.lock: its stage, path and MD5, whether DVC caches it, and the path of its object in the cache."""

    stage: str
    path: Path
    md5: str
    cached: bool
    object: Path


@dataclass(frozen=True)
class Pipeline:
    """DVC's view of a checkout: stages of dvc.yaml, stages and outputs of dvc.lock, and the cache's folder."""

    declared: list[str]
    locked: list[str]
    outputs: list[Output]
    cache: Path


def read_pipeline(root: Path) -> Pipeline:
    """Read dvc.yaml and dvc.lock; PipelineError if one of them, or params.yaml, is damaged."""
    load_params(root / PARAMS_FILE)
    from dvc.dvcfile import Lockfile  # takes half a second
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo(str(root)) as repo:
            locked = Lockfile(repo, str(root / "dvc.lock")).load().get("stages", {})
            declared = [stage.name for stage in repo.index.stages]
            outputs = [
                Output(out.stage.name, Path(out.fs_path), out.hash_info.value, out.use_cache, Path(out.cache_path))
                for out in repo.index.outs
                if out.hash_info
            ]
            return Pipeline(declared, list(locked), outputs, Path(repo.cache.local.path))
    except DvcException as error:
        raise PipelineError(f"{error}: {error.__cause__}" if error.__cause__ else str(error)) from None


def lock(root: Path) -> Verdict:
    """Check that dvc.lock can be read, and lists only stages of dvc.yaml."""
    remedy = "restore that file with `git checkout`, then `make repro`"
    try:
        pipeline = read_pipeline(root)
    except PipelineError as error:
        return Verdict(" ".join(str(error).split()), remedy)
    known = {name.partition("@")[0] for name in pipeline.declared}
    if unknown := [name for name in pipeline.locked if name.partition("@")[0] not in known]:
        return Verdict(f"dvc.lock has stages that dvc.yaml does not have: {first_few(unknown)}", remedy)
    return Verdict(f"{len(pipeline.locked)} stages")


def results(root: Path) -> Verdict:
    """Check that every stage has run, for every run of params.yaml, and that every output is as in dvc.lock."""
    pipeline = read_pipeline(root)
    if missing := [name for name in pipeline.declared if name not in pipeline.locked]:
        return Verdict(f"not run yet: {first_few(missing)}", "run `make repro`")
    shown = {out: str(out.path.relative_to(root)) for out in pipeline.outputs}
    if absent := [shown[out] for out in pipeline.outputs if not out.path.is_file()]:
        return Verdict(f"absent: {first_few(absent)}", "run `dvc checkout`, then `make repro`")
    if changed := [out for out in pipeline.outputs if md5(out.path) != out.md5]:
        remedy = f"remove it, then `dvc checkout` or `git checkout` it, or run `dvc repro --force {changed[0].stage}`"
        return Verdict(f"not as in dvc.lock: {first_few([shown[out] for out in changed])}", remedy)
    return Verdict(f"{len(pipeline.outputs)} files as in dvc.lock")


def md5(path: Path) -> str:
    """The MD5 of a file in hexadecimal, as DVC computes it."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
