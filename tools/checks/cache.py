"""DVC's cache: whether every object is there, and still what its name says."""

from collections.abc import Collection, Mapping
from pathlib import Path

from ruamel.yaml import YAML

from pipeline.core import files
from tools.checks.outputs import md5, outs_of
from tools.checks.verdict import Verdict, some

OBJECTS = "files/md5"  # below the cache's folder


def cache(root: Path, repair: bool = False) -> Verdict:
    """Whether each object still is what its name says, its MD5, and every right file has its object.

    `repair` removes what is corrupt, and puts a good copy in place. In a cache outside the project, which others may
    use too, it looks at what this project's dvc.lock names.
    """
    folder = _folder(root)
    outs = {out["md5"]: (stage, out["path"]) for stage, out in outs_of(root)}
    objects = _objects(folder, None if folder.is_relative_to(root) else outs)
    wrong = {path: "corrupt" for path in objects if md5(path) != _digest(path)}
    wrong |= dict.fromkeys(_lost(root, folder, outs), "lost")
    if not wrong:
        return Verdict(f"{len(objects)} objects, all sound")
    said = []
    for path, what in wrong.items():
        stage, out = outs.get(_digest(path), ("", ""))
        shown = path.relative_to(root) if path.is_relative_to(root) else path
        said.append(f"{what}: {shown} ({out or 'of an earlier result'})")
        if repair:
            said[-1] += f": {_replace(path, root / out if out else None, stage)}"
    if repair:
        return Verdict("; ".join(said), "run `make doctor` again")
    return Verdict(some(said), "run `make doctor REPAIR=1`")


def _folder(root: Path) -> Path:
    """Where DVC keeps this checkout's objects, as its configuration says."""
    from dvc.config import Config  # half a second

    return Path(Config(dvc_dir=str(root / ".dvc"))["cache"].get("dir") or root / ".dvc/cache") / OBJECTS


def _objects(folder: Path, digests: Collection[str] | None) -> list[Path]:
    """The objects there are, of these `digests` or, with None, all."""
    if digests is None:
        return [path for path in sorted(folder.glob("??/*")) if not path.name.endswith(".tmp")]
    return [path for path in sorted(_object(folder, digest) for digest in digests) if path.exists()]


def _lost(root: Path, folder: Path, outs: Mapping[str, tuple[str, str]]) -> list[Path]:
    """Absent objects of files that the workspace has, as dvc.lock names them: were the file lost, all would be."""
    stages = YAML(typ="safe", pure=True).load(root / "dvc.yaml")["stages"].values()
    listed = [out for stage in stages for out in stage.get("do", stage).get("outs", [])]
    options = {name: said for out in listed for name, said in ({out: {}} if isinstance(out, str) else out).items()}
    cached = {Path(name).name for name, said in options.items() if said.get("cache", True)}
    kept = {_object(folder, digest): root / path for digest, (_, path) in outs.items() if Path(path).name in cached}
    absent = {entry: path for entry, path in kept.items() if path.is_file() and not entry.exists()}
    return [entry for entry, path in absent.items() if md5(path) == _digest(entry)]


def _object(folder: Path, digest: str) -> Path:
    return folder / digest[:2] / digest[2:]


def _digest(path: Path) -> str:
    return (path.parent.name + path.name).removesuffix(".dir")


def _replace(path: Path, out: Path | None, stage: str) -> str:
    """Remove a corrupt object, put the workspace's file in its place if that is right, and say what was done."""
    good = out is not None and out.is_file() and md5(out) == _digest(path)
    content = out.read_bytes() if good else b""
    path.unlink(missing_ok=True)  # before it is written: it may be a link to the same bytes
    if good:
        files.write_bytes(path, content)
        path.chmod(0o444)
        return "restored from the workspace"
    if out is None:
        return "removed, a run that needs it trains anew"
    out.unlink(missing_ok=True)
    return f"removed, and its copy in the workspace, which was not right either; `dvc repro {stage}` makes it again"
