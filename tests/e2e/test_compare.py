"""`make compare` says what changed since a commit: params and results, in Markdown."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import study
from tests.support.workspace import RUNS, Workspace
from tools import compare


def test_a_changed_metric_shows_old_new_and_the_change():
    values = {"test_accuracy": {"old": 0.99, "new": 0.9907}, "test_errors": {"old": 1100, "new": 93}}
    table = compare.results({"results/runs/lenet-plain/metrics.json": values}).splitlines()
    assert [cell.strip() for cell in table[2].strip("|").split("|")] == [
        "lenet-plain",
        "–",
        "0.9900 → **0.9907** (+0.0007)",
        "1,100 → **93** (-1,007)",
        "–",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [({"old": None, "new": 0.5}, "new: 0.5000"), ({"old": 0.5}, "gone: 0.5000"), (None, "–")],
)
def test_what_is_new_or_gone_is_said(value, text):
    assert compare.cell(value, "{:.4f}") == text


def test_params_are_written_as_in_the_file():
    table = compare.changed({"params.yaml": {"runs.a.dropout": {"old": False, "new": True}, "protocol": {"new": "x"}}})
    assert [line.replace(" ", "") for line in table.splitlines()[2:]] == [
        '|`protocol`|–|"x"|',
        "|`runs.a.dropout`|false|true|",
    ]


def test_nothing_changed_is_said():
    assert compare.page({}, {}, "main") == (
        "## Since `main`\n\n### Results\n\nNo result changed.\n\n### Params\n\nNo param changed.\n"
    )


def test_against_a_commit(fresh: Workspace):
    for run in RUNS:
        study.write_run(fresh.root / "results/runs", run, errors=100)
    identity = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    fresh.run("git", "add", "--force", "results")
    fresh.run("git", *identity, "commit", "-q", "-m", "Results")
    shutil.rmtree(fresh.results("lenet-dropout"))
    study.write_run(fresh.root / "results/runs", "lenet-dropout", errors=93, seed=7)
    fresh.edit(lambda values: values["runs"]["lenet-dropout"].update(seed=7))
    fresh.run("python", "-m", "tools.compare", "HEAD", "--output", "comparison.md")
    text = (fresh.root / "comparison.md").read_text()
    assert "100 → **93** (-7)" in text
    assert "vgg-batchnorm" not in text
    assert "| `runs.lenet-dropout.seed` | –     | 7     |" in text
    refused = fresh.run("python", "-m", "tools.compare", "nonsense", check=False)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "error: REV nonsense: unknown Git revision 'nonsense'; name a commit" in refused.stderr


def installed(workspace: Workspace) -> None:
    """What `make` takes for its finished installation: this interpreter's programs, said to be of the lock."""
    lock = (workspace.root / "requirements.lock").read_bytes()
    cksum = subprocess.run(["cksum"], input=lock, capture_output=True, check=True).stdout.decode().strip()
    (workspace.root / ".venv/bin").mkdir(parents=True)
    (workspace.root / ".venv/bin/activate").write_text(f'PATH="{Path(sys.executable).parent}:$PATH"\n')
    (workspace.root / ".venv/ready").write_text(f"requirements.lock {cksum} {workspace.root}\n")


def test_make_compare_with_a_commit_and_with_an_experiment(copied: Workspace):
    def said(revision, *more):
        return copied.run("make", "-s", "compare", "GPU=", f"REV={revision}", *more).stdout

    installed(copied)
    copied.commit()
    metrics = copied.results("lenet-dropout") / "metrics.json"
    values = json.loads(metrics.read_text())
    errors = values["test_errors"]
    metrics.unlink()
    metrics.write_text(json.dumps(values | {"test_errors": errors + 1000}))
    copied.edit(lambda params: params["runs"]["lenet-dropout"].update(seed=7))
    copied.run("dvc", "exp", "save", "-n", "trial")
    copied.run("git", "checkout", "-q", ".")

    since_commit = said("HEAD~1")  # which has no results
    assert since_commit.startswith("## Since `HEAD~1`\n")
    assert f"| new: {errors:,} " in since_commit
    assert "No param changed." in since_commit
    assert said("trial", "OUT=comparison.md") == ""
    since_trial = (copied.root / "comparison.md").read_text()
    assert f"| {errors + 1000:,} → **{errors:,}** (-1,000) |" in since_trial
    assert "vgg-batchnorm" not in since_trial
    assert re.search(r"\| `runs\.lenet-dropout\.seed` +\| 7 +\| – +\|", since_trial)
    assert "No result changed." in said("HEAD")
