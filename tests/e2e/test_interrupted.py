"""A training that was killed and stopped ends as one that was left alone; one that diverges has failed."""

import json
from typing import Any

import pytest

from tests.support.interruption import EPOCHS, REPRO, RUN, kill_at_checkpoint, rows, stop_in_second_epoch
from tests.support.workspace import Workspace

pytestmark = pytest.mark.slow


def test_killed_then_stopped_then_killed_it_ends_in_the_same_bytes_and_is_one_run(
    killed: Workspace, baseline_run: Workspace
) -> None:
    assert "continuing after epoch 1, step 0" in stop_in_second_epoch(killed)
    assert rows(killed, "SELECT status FROM runs") == [("KILLED",)]
    printed = kill_at_checkpoint(killed, EPOCHS + 1)  # the last epoch's, as the stop wrote one too
    assert "continuing after epoch 1, step " in printed
    assert "step 0" not in printed
    assert not killed.results(RUN).exists()
    assert rows(killed, "SELECT status FROM runs") == [("RUNNING",)]
    assert f"continuing after epoch {EPOCHS}, step 0" in killed.run(*REPRO).stdout
    assert killed.contents(RUN) == baseline_run.contents(RUN)
    assert_one_whole_run(killed)


def assert_one_whole_run(place: Workspace) -> None:
    """Every epoch is in MLflow once, at its time, in numbers and pictures."""
    assert rows(place, "SELECT name, status FROM runs") == [(RUN, "FINISHED")]
    assert rows(place, "SELECT key, step FROM metrics GROUP BY key, step HAVING count(*) > 1") == []
    environment = json.loads((place.results(RUN) / "environment.json").read_text())
    finished = [(epoch["epoch"], round(1000 * epoch["finished"])) for epoch in environment["epochs"]]
    assert [step for step, _ in finished] == list(range(1, EPOCHS + 1))
    for key in ("train_loss", "val_loss", "best_val_accuracy"):
        assert rows(place, f"SELECT step, timestamp FROM metrics WHERE key = '{key}' ORDER BY step") == finished
    steps = rows(place, "SELECT step FROM metrics WHERE key = 'weights_conv1_std' ORDER BY step")
    assert [step for (step,) in steps] == list(range(EPOCHS + 1))  # 0: the initial weights
    samples = rows(place, "SELECT count(*) FROM metrics WHERE key = 'system/cpu_utilization_percentage'")
    assert samples == [(len(environment["system"]),)]
    pictures = [
        path.name.split("+")[:3] for path in place.root.glob("mlartifacts/*/artifacts/images/weights_conv1*.png")
    ]
    assert sorted(pictures) == [["weights_conv1", "step", str(epoch)] for epoch in range(EPOCHS + 1)]


def test_one_that_diverges_has_failed(untrained_copy: Workspace) -> None:
    def diverge(values: dict[str, Any]) -> None:
        values["runs"][RUN].update(learning_rate=1e30, schedule="constant", warmup=None, clip_norm=None)

    untrained_copy.edit(diverge)
    done = untrained_copy.run("python", "-m", "pipeline.train", RUN, check=False)
    assert (done.returncode, "diverged" in done.stderr) == (1, True), done.stderr
    assert rows(untrained_copy, "SELECT status FROM runs") == [("FAILED",)]
