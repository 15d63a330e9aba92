"""Results that were lost are made again from the last checkpoint, and equal bytes are no matter of course."""

import shutil
from pathlib import Path

from tests.interruption import RUN, kill_at_checkpoint, rows
from tests.workspace import Workspace

COMMAND = ("python", "-m", "pipeline.train", RUN)


def test_results_lost_before_dvc_kept_them_are_made_again_without_training(
    undisturbed: Workspace, tmp_path: Path
) -> None:
    copy = undisturbed.copy(tmp_path / "copy")
    shutil.rmtree(copy.root / "results")
    printed = copy.run(*COMMAND).stdout
    assert "going on after epoch 3, step 0" in printed
    assert "Epoch" not in printed
    assert copy.contents(RUN) == undisturbed.contents(RUN)
    assert rows(copy, "SELECT status FROM runs") == [("FINISHED",)]
    copy.run("python", "-m", "pipeline.evaluate", RUN)
    assert not list(copy.root.glob(".checkpoints/*/"))


def test_without_the_seed_generators_it_does_not(undisturbed: Workspace, begun: Workspace) -> None:
    """The negative control: the comparisons above and in test_interrupted.py can fail."""
    loop = begun.root / "pipeline/loop.py"
    source = loop.read_text()
    assert "*seeds, " in source
    loop.write_text(source.replace("*seeds, ", ""))
    kill_at_checkpoint(begun, 1)
    begun.run(*COMMAND)
    assert begun.contents(RUN)["model.keras"] != undisturbed.contents(RUN)["model.keras"]
