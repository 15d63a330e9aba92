"""Ask git about this checkout."""

import os
from pathlib import Path

from pipeline.core import commands
from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT

LIMIT = 60.0  # seconds; a training does not wait longer to know its commit
CHANGES = ("status", "--porcelain", "--untracked-files=normal", "--", ".", ":!data", ":!results", ":!dvc.lock")


def ask_git(*words: str, root: Path = ROOT) -> str:
    """What a git command prints, stripped; PipelineError if it fails, for example outside a repository."""
    return commands.run("git", *words, cwd=root, limit=LIMIT).strip()


def head_commit() -> str | None:
    """The current commit; None outside a repository.

    In a DVC experiment HEAD is a temporary commit, so this is the commit that the experiment is based on.
    """
    try:
        return os.environ.get("DVC_EXP_BASELINE_REV") or ask_git("rev-parse", "HEAD")
    except PipelineError:
        return None


def state(root: Path = ROOT) -> dict[str, str | bool | None]:
    """The commit, whether the code was clean, and DVC's experiment; where git fails None, and why in `git_problem`."""
    found: dict[str, str | bool | None] = {
        "git_commit": os.environ.get("DVC_EXP_BASELINE_REV"),
        "git_clean": None,
        "experiment": os.environ.get("DVC_EXP_NAME"),
    }
    try:
        found["git_commit"] = found["git_commit"] or ask_git("rev-parse", "HEAD", root=root)
        found["git_clean"] = not ask_git(*CHANGES, root=root)
    except PipelineError as error:
        found["git_problem"] = str(error)
    return found
