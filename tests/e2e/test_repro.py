"""`make repro`: a plan, each run finished before the next, and finished results after an interruption."""

import json
import os
import re
import signal

import pytest

from tests.support.interruption import iter_until
from tests.support.mirrored import runs
from tests.support.workspace import RUNS, Workspace

pytestmark = pytest.mark.slow
LINE = re.compile(r"\[(\d)/(\d)\] (\S+): (trained|evaluated|drawn)")


@pytest.fixture
def interrupted(untrained: Workspace) -> tuple[Workspace, str]:
    """A workspace whose `make repro` was interrupted while the second run trained, and what was printed."""
    process = untrained.start("python", "-m", "tools.repro", forking=True)
    lines = list(iter_until(process, "[1/2] "))
    while "drawn" not in lines[-1]:
        lines += iter_until(process, "[1/2] ")
    lines += iter_until(process, "Epoch 1/")
    os.killpg(process.pid, signal.SIGINT)
    lines.append(process.communicate()[0])
    assert process.returncode == 130, "".join(lines)
    return untrained, "".join(lines)


def test_an_interruption_leaves_finished_results_and_the_next_one_continues(
    interrupted: tuple[Workspace, str],
) -> None:
    workspace, printed = interrupted
    assert re.search(r"in all (about \d+ min|less than a minute)", printed)
    assert [match[2:] for match in LINE.findall(printed)] == [
        (LINE.findall(printed)[0][2], what) for what in ("trained", "evaluated", "drawn")
    ]
    first = LINE.findall(printed)[0][2]
    (second,) = set(RUNS) - {first}
    assert (workspace.results(first) / "mistakes.png").is_file()
    assert first in (workspace.root / "results/report.md").read_text()
    assert "continues from here" in printed
    assert {run.info.run_name: run.info.status for run in runs(workspace)} == {first: "FINISHED", second: "KILLED"}

    again = workspace.run("python", "-m", "tools.repro").stdout
    assert [match[1:] for match in LINE.findall(again)] == [
        ("1", second, what) for what in ("trained", "evaluated", "drawn")
    ]
    assert {run.info.run_name: run.info.status for run in runs(workspace)} == dict.fromkeys(RUNS, "FINISHED")
    assert "every run is up to date" in workspace.run("python", "-m", "tools.repro", "--plan").stdout
    status = json.loads(workspace.run("dvc", "status", "--json").stdout)
    assert status == {}


def test_an_unknown_run_ends_before_anything_runs(untrained: Workspace) -> None:
    done = untrained.run("python", "-m", "tools.repro", "nonsense", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: params.yaml: runs.nonsense is unknown (known: ")
    assert done.stdout == ""
