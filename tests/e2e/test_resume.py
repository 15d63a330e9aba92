"""Results that were lost are made again from the last checkpoint."""

import shutil
from pathlib import Path

import pytest

from tests.support.interruption import RUN, rows
from tests.support.workspace import Workspace

pytestmark = pytest.mark.slow

COMMAND = ("python", "-m", "pipeline.train", RUN)


def test_results_lost_before_dvc_kept_them_are_made_again_without_training(
    baseline_run: Workspace, tmp_path: Path
) -> None:
    copy = baseline_run.copy(tmp_path / "copy")
    shutil.rmtree(copy.root / "results")
    printed = copy.run(*COMMAND).stdout
    assert "continuing after epoch 3, step 0" in printed
    assert "Epoch" not in printed
    assert copy.contents(RUN) == baseline_run.contents(RUN)
    assert rows(copy, "SELECT status FROM runs") == [("FINISHED",)]
    copy.run("python", "-m", "pipeline.evaluate", RUN)
    assert not list(copy.root.glob(".checkpoints/*/"))
