"""Check DVC's cache: every object is present, and its content has the MD5 that is its name."""

from pathlib import Path

from pipeline.core import files
from tools.checks import Verdict, first_few
from tools.checks.outputs import Output, md5, read_pipeline


def cache(root: Path, repair: bool = False) -> Verdict:
    """Check that objects have the content that their name says, and that every correct output has its object.

    In a cache outside the project, which other projects may share, only this project's objects are checked.

    Args:
        root: The project's folder.
        repair: Whether to remove corrupt objects, and restore corrupt and lost ones from correct outputs.
    """
    pipeline = read_pipeline(root)
    outputs = {out.object: out for out in sorted(pipeline.outputs, key=lambda out: out.cached)}
    if pipeline.cache.is_relative_to(root):
        objects = [path for path in sorted(pipeline.cache.glob("??/*")) if not path.name.endswith(".tmp")]
    else:
        objects = [path for path in sorted(outputs) if path.exists()]
    wrong = {path: "corrupt" for path in objects if md5(path) != _digest(path)}
    # objects that are gone while their output is correct: that file is the only copy left
    lost = [path for path, out in outputs.items() if out.cached and not path.exists() and _is_correct(out)]
    wrong |= dict.fromkeys(lost, "lost")
    if not wrong:
        return Verdict(f"{len(objects)} objects, none corrupt or lost")
    lines = []
    for path, problem in wrong.items():
        output = outputs.get(path)
        shown = path.relative_to(root) if path.is_relative_to(root) else path
        lines.append(f"{problem}: {shown} ({output.path.relative_to(root) if output else 'of an earlier result'})")
        if repair:
            lines[-1] += f": {_repair(path, output)}"
    if repair:
        return Verdict("; ".join(lines), "run `make doctor` again")
    return Verdict(first_few(lines), "run `make doctor REPAIR=1`")


def _digest(path: Path) -> str:
    """The MD5 in an object's path, which ends in `MD5[:2]/MD5[2:]`, with the suffix `.dir` for a folder."""
    return (path.parent.name + path.name).removesuffix(".dir")


def _is_correct(output: Output) -> bool:
    """Whether the file in the workspace has the MD5 that dvc.lock lists."""
    return output.path.is_file() and md5(output.path) == output.md5


def _repair(path: Path, output: Output | None) -> str:
    """Remove a corrupt object, restore it from its output if that is correct, and return what was done."""
    content = output.path.read_bytes() if output and _is_correct(output) else None
    path.unlink(missing_ok=True)  # before it is written: it may be a link to the same bytes
    if content is not None:
        files.write_bytes(path, content)
        path.chmod(0o444)
        return "restored from the workspace"
    if output is None:
        return "removed, a run that needs it trains again"
    output.path.unlink(missing_ok=True)
    return f"removed with its copy in the workspace, which was corrupt too; `dvc repro {output.stage}` makes it again"
