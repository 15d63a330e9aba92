"""What it costs to find that nothing is to be done, and that nobody waits for TensorFlow who does not need it."""

import subprocess
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from tools import workspace
from tools.bench.row import Row, alternate, compare

HEAVY = "tensorflow"
LIGHT = (  # commands that must not import it, and whether they succeed
    (("python", "-m", "pipeline.train", "--help"), True),
    (("python", "-m", "pipeline.evaluate", "--help"), True),
    (("python", "-m", "pipeline.config.params"), True),
    (("python", "-m", "pipeline.train", "no-such-run"), False),
    (("dvc", "repro"), True),
)


def nothing_to_do(repeats: int) -> list[Row]:
    """`dvc repro`, also as `make repro` has it, against `dvc status`; here, where every stage must be up to date."""
    if not workspace.Workspace(ROOT).ask("dvc", "status").strip().endswith("up to date."):
        raise PipelineError("dvc status: stages are out of date; run `make repro`, or measure other ROWS")
    ours, theirs = ("dvc repro", "dvc repro --all-pipelines"), "dvc status"
    found = alternate({words: partial(_seconds, words.split()) for words in (*ours, theirs)}, repeats)
    return [compare("idle", f"{one}, with nothing to do", "s", found[one], theirs, found[theirs], 1.5) for one in ours]


def imports() -> list[Row]:
    """How many of the commands that have no use for TensorFlow import it all the same."""
    guilty = sum(imported(command, succeeds) for command, succeeds in LIGHT)
    return [Row("idle", f"of {len(LIGHT)} commands without use for TensorFlow, those importing it", "", guilty, aim=0)]


def imported(command: Sequence[str], succeeds: bool, root: Path = ROOT) -> bool:
    """Whether a command, or a process it starts, imports TensorFlow; PipelineError if it does not end as it should."""
    process = workspace.Workspace(root).start(
        *command,
        more={"PYTHONPROFILEIMPORTTIME": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    printed, _ = process.communicate()
    if (process.returncode == 0) != succeeds:
        raise PipelineError(f"{' '.join(command)}: ended with {process.returncode}; run it to see why")
    names = (line.rpartition("|")[2].strip() for line in printed.splitlines() if line.startswith("import time:"))
    return any(name.split(".")[0] == HEAVY for name in names)


def _seconds(command: Sequence[str]) -> float:
    begin = time.monotonic()
    workspace.Workspace(ROOT).ask(*command)
    return time.monotonic() - begin
