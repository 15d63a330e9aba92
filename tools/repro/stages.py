"""Run stages through one `dvc repro`, and tell when each of them ends."""

import os
import re
import subprocess
from collections.abc import Generator, Iterator, Sequence

from pipeline.core.errors import Interrupted, PipelineError
from pipeline.core.paths import ROOT
from pipeline.evaluate import LOGGED_LATER

STAGE_START = re.compile(r"(?:Running stage|Stage) '(?P<stage>[^']+)'(?P<restored> is cached)?")
DVC_NOTICES = re.compile(
    r"$|> |\t|Data and pipelines are up to date|Updating lock file|Generating lock file|To track the changes"
    r"|To enable auto staging|Use `dvc push`"
)
CONTINUES = "`make repro` continues from here"


def run_stages(stages: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Run DVC stages in this order, without those they depend on; yield each when it has ended.

    What the stages print is printed, DVC's own notices are not.

    Yields:
        The stage, and whether its results were restored from DVC's cache.

    Raises:
        PipelineError: A stage failed; it printed why.
        Interrupted: The user asked to stop; a training has saved a checkpoint then.
    """
    process = subprocess.Popen(
        ["dvc", "repro", "--single-item", *stages],
        cwd=ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": "1", LOGGED_LATER: "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    try:
        interrupted = yield from _ended_stages(process)
    finally:
        process.communicate()  # also if the caller stops early, so that no stage is at work after this
    if interrupted:
        raise Interrupted(CONTINUES)
    if process.returncode:
        raise PipelineError("a stage failed, as it says above; " + CONTINUES)


def _ended_stages(process: subprocess.Popen) -> Generator[tuple[str, bool], None, bool]:
    """Print what DVC's stages print, and yield each stage when it has ended; returns whether the user interrupted."""
    current: tuple[str, bool] | None = None
    interrupted = False
    while True:
        try:
            line = process.stdout.readline()
        except KeyboardInterrupt:  # the stage has the signal, too
            interrupted = True
            continue
        if not line:
            break
        begins = STAGE_START.match(line)
        if begins:
            if current:
                yield current
            current = begins["stage"], bool(begins["restored"])
        elif not DVC_NOTICES.match(line):
            print(line, end="", flush=True)
    if current and not interrupted and process.wait() == 0:
        yield current
    return interrupted
