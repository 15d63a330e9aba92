"""What DVC would run again after a file was edited; the table in CONTRIBUTING.md is what this test found.

`UPDATE_DOCS=1 make test ARGS=tests/e2e/test_what_retrains.py` writes the table anew.
"""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tabulate import tabulate

from pipeline.core.paths import ROOT
from tests.support.workspace import RUNS, Workspace

PAGE = ROOT / "CONTRIBUTING.md"
MARKERS = ("<!-- what retrains -->", "<!-- /what retrains -->")
TRAINED = {run: run.split("-")[0] for run in RUNS}  # run to architecture

EDITS = {  # file: (what is edited, the stages that DVC would run for each kind of run)
    "pipeline/core/errors.py": ("the words of an error", []),
    "pipeline/core/messages.py": ("the words of an error in training", []),
    "pipeline/config/schema.py": ("the check of params.yaml", []),
    "pipeline/tracking/run_mirror.py": ("MLflow tracking", []),
    "pipeline/resume/checkpoint.py": ("checkpoints", []),
    "pipeline/raw/sources.py": ("downloading", []),
    "pipeline/reporting/markdown.py": ("the report's text", ["report"]),
    "pipeline/figures/all_curves.py": ("a figure of the report", ["report"]),
    "pipeline/figures/style.py": ("the figures' style", ["corrupt", "draw", "report"]),
    "pipeline/reporting/card.py": ("the model cards", ["draw", "report"]),
    "pipeline/evaluate.py": ("the evaluation", ["evaluate"]),
    "pipeline/stress/corruptions.py": ("a corruption", ["corrupt"]),
    "pipeline/training/trainer.py": ("the trainer", ["train"]),
    "pipeline/runtime/session.py": ("TensorFlow's settings", ["train", "evaluate"]),
    "models/ops/convolution.py": ("a fast operation", ["train", "evaluate"]),
    "models/vgg.py": ("one network", ["train@vgg"]),
    "pipeline/preprocess.py": ("preprocessing", ["preprocess"]),
}


def stale(workspace: Workspace) -> set[str]:
    """The stages that DVC would run first; those after them run if an output of theirs changes."""
    return set(json.loads(workspace.run("dvc", "status", "--json").stdout))


def expected(stages: list[str]) -> set[str]:
    """The stages of this workspace's runs; `train@vgg` means the runs of vgg."""
    found = set()
    for stage in stages:
        name, _, architecture = stage.partition("@")
        if name in ("train", "evaluate", "draw"):
            found |= {f"{name}@{run}" for run, own in TRAINED.items() if architecture in ("", own)}
        else:
            found.add(name)
    return found


@pytest.fixture
def edited(finished: Workspace) -> Callable[[str], set[str]]:
    """A function that edits a file, asks DVC what it would run, and takes the edit back."""

    def edit(name: str) -> set[str]:
        path = finished.root / name
        before = path.read_text()
        path.write_text(before + "\n# edited\n")
        try:
            return stale(finished)
        finally:
            path.write_text(before)

    return edit


def test_nothing_is_out_of_date_before_an_edit(finished: Workspace) -> None:
    assert stale(finished) == set()


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_concerns_the_stages_that_it_concerns(name: str, edited: Callable[[str], set[str]]) -> None:
    assert edited(name) == expected(EDITS[name][1])


def test_the_table_in_contributing_says_the_same() -> None:
    rows = [
        [what, f"`{name}`", ", ".join(f"`{stage}`" for stage in stages) or "nothing"]
        for name, (what, stages) in EDITS.items()
    ]
    table = tabulate(rows, ["edit of", "such as", "DVC runs again"], tablefmt="pipe", disable_numparse=True)
    assert _block(PAGE, table) == table


def _block(page: Path, table: str) -> str:
    """What stands between the markers; with UPDATE_DOCS=1, `table` is written there first."""
    begin, end = MARKERS
    text = page.read_text(encoding="utf-8")
    if os.environ.get("UPDATE_DOCS"):
        text = re.sub(f"{begin}.*{end}", lambda _: f"{begin}\n\n{table}\n\n{end}", text, flags=re.DOTALL)
        page.write_text(text, encoding="utf-8")
    return text.partition(begin)[2].partition(end)[0].strip()
