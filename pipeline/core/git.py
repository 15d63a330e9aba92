"""Ask git about this checkout."""

import os
import subprocess

from pipeline.core.paths import ROOT


def ask_git(*words: str) -> str | None:
    """The output of a git command, stripped; None if it fails, for example outside a repository."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def head_commit() -> str | None:
    """The current commit; None outside a repository.

    In a DVC experiment HEAD is a temporary commit, so this is the commit that the experiment is based on.
    """
    return os.environ.get("DVC_EXP_BASELINE_REV") or ask_git("rev-parse", "HEAD")
