"""`make compare` prints as Markdown what changed in params and metrics since a commit or experiment."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.workspace import Workspace

pytestmark = pytest.mark.slow


@pytest.fixture
def installed(copied: Workspace) -> Workspace:
    """A workspace that make takes for installed, with this interpreter's programs, and whose results are committed."""
    lock = (copied.root / "requirements.lock").read_bytes()
    cksum = subprocess.run(["cksum"], input=lock, capture_output=True, check=True).stdout.decode().strip()
    (copied.root / ".venv/bin").mkdir(parents=True)
    (copied.root / ".venv/bin/activate").write_text(f'PATH="{Path(sys.executable).parent}:$PATH"\n')
    (copied.root / ".venv/ready").write_text(f"requirements.lock {cksum} {copied.root}\n")
    copied.commit()
    return copied


def compare(workspace: Workspace, *words: str) -> str:
    return workspace.run("make", "-s", "compare", "GPU=", *words).stdout


def rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]


def test_compare_with_a_commit_and_with_an_experiment(installed: Workspace):
    metrics = installed.results("lenet-dropout") / "metrics.json"
    path = str(metrics.relative_to(installed.root))
    values = json.loads(metrics.read_text())
    errors = values["test_errors"]
    metrics.unlink()
    metrics.write_text(json.dumps(values | {"test_errors": errors + 1000}))
    installed.edit(lambda params: params["runs"]["lenet-dropout"].update(seed=7))
    installed.run("dvc", "exp", "save", "-n", "trial")
    installed.run("git", "checkout", "-q", ".")

    since_commit = compare(installed, "REV=HEAD~1")  # which has no results
    assert [line for line in since_commit.splitlines() if line[:1] == "#"] == [
        "## Params since `HEAD~1`",
        "## Metrics since `HEAD~1`",
    ]
    assert [path, "test_errors", "-", str(errors), "-"] in rows(since_commit)
    assert compare(installed, "REV=trial", "OUT=the comparison.md") == ""
    since_trial = rows((installed.root / "the comparison.md").read_text())
    assert [path, "test_errors", str(errors + 1000), str(errors), "-1000"] in since_trial
    assert ["params.yaml", "runs.lenet-dropout.seed", "7", "-"] in since_trial
    assert not any("vgg-batchnorm" in row[0] for row in since_trial)
    assert not any(row[0].startswith(("params", "results")) for row in rows(compare(installed)))


@pytest.mark.parametrize("revision", ["nonsense", "$(touch x)", "--help"])
def test_an_unknown_revision_is_one_error_line_and_writes_nothing(installed: Workspace, revision: str):
    done = installed.run("make", "-s", "compare", "GPU=", f"REV={revision}", "OUT=out.md", check=False)
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.startswith("error: dvc params diff")
    assert f"unknown Git revision '{revision}'" in done.stderr.splitlines()[0]
    assert len(done.stderr.splitlines()) == 2  # the second is make's
    assert not (installed.root / "out.md").exists()
    assert not (installed.root / "x").exists()
