"""What MLflow shows of a training that was stopped, killed and resumed, or that diverged."""

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

import psutil
import pytest

from tests.workspace import Workspace

RUN = "lenet-dropout"
REPRO = ("dvc", "repro", f"train@{RUN}")
WAIT = 900  # seconds, at most, for something to happen
EPOCHS = 4


@pytest.fixture(scope="module")
def longer(prepared: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace whose data are ready and whose epochs take a second or two."""
    made = prepared.copy(tmp_path_factory.mktemp("longer") / "copy")
    made.edit(
        lambda values: values["protocols"]["fast"]["common"].update(epochs=EPOCHS, training_images=320, batch_size=8)
    )
    return made


def rows(place: Workspace, query: str) -> list[tuple[Any, ...]]:
    """What the workspace's database answers."""
    with closing(sqlite3.connect(f"file:{place.root}/mlflow.db?mode=ro", uri=True, timeout=60)) as database:
        return database.execute(query).fetchall()


def wait_for(condition: Callable[[], object], process: subprocess.Popen) -> None:
    """Return as soon as `condition` holds; end the process and all that it started if it never does."""
    until = time.monotonic() + WAIT
    while not condition():
        if process.poll() is not None or time.monotonic() > until:
            kill(process)
            pytest.fail(f"it did not come so far:\n{process.communicate()[0]}")
        time.sleep(0.02)


def kill(process: subprocess.Popen) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def checkpoint(place: Workspace, number: int) -> Callable[[], object]:
    return lambda: list(place.root.glob(f".checkpoints/*/{number:06d}"))


def trainers(process: subprocess.Popen) -> list[psutil.Process]:
    """The processes below `dvc` that train."""
    below = psutil.Process(process.pid).children(recursive=True)
    return [each for each in below if each.cmdline()[1:3] == ["-m", "pipeline.train"]]


def test_stopped_then_killed_then_resumed_it_is_one_run(longer: Workspace) -> None:
    repro = longer.start(*REPRO)
    wait_for(checkpoint(longer, 1), repro)
    for trainer in trainers(repro):
        trainer.terminate()
    printed = repro.communicate()[0]
    assert "interrupted: SIGTERM" in printed
    assert rows(longer, "SELECT status FROM runs") == [("KILLED",)]

    repro = longer.start(*REPRO)
    wait_for(checkpoint(longer, EPOCHS - 1), repro)
    assert rows(longer, "SELECT status FROM runs") == [("RUNNING",)]
    kill(repro)
    repro.communicate()
    assert not longer.results(RUN).exists()

    assert "going on after epoch" in longer.run(*REPRO).stdout
    assert rows(longer, "SELECT name, status FROM runs") == [(RUN, "FINISHED")]
    assert rows(longer, "SELECT key, step FROM metrics GROUP BY key, step HAVING count(*) > 1") == []
    environment = json.loads((longer.results(RUN) / "environment.json").read_text())
    finished = [(epoch["epoch"], round(1000 * epoch["finished"])) for epoch in environment["epochs"]]
    assert [step for step, _ in finished] == list(range(1, EPOCHS + 1))
    for key in ("train_loss", "val_loss", "best_val_accuracy", "weights_conv1_mean"):
        assert rows(longer, f"SELECT step, timestamp FROM metrics WHERE key = '{key}' ORDER BY step") == finished
    samples = rows(longer, "SELECT count(*) FROM metrics WHERE key = 'system/cpu_utilization_percentage'")
    assert samples == [(len(environment["system"]),)]
    pictures = [
        path.name.split("+")[:3] for path in longer.root.glob("mlartifacts/*/artifacts/images/weights_conv1*.png")
    ]
    assert sorted(pictures) == [["weights_conv1", "step", str(epoch)] for epoch in range(1, EPOCHS + 1)]


def test_one_that_diverges_has_failed(longer: Workspace) -> None:
    before = rows(longer, "SELECT run_uuid, status FROM runs") if (longer.root / "mlflow.db").exists() else []

    def diverge(values: dict[str, Any]) -> None:
        values["runs"][RUN].update(learning_rate=1e30, schedule="constant", warmup=None, clip_norm=None)

    longer.edit(diverge)
    done = longer.run("python", "-m", "pipeline.train", RUN, check=False)
    assert (done.returncode, "diverged" in done.stderr) == (1, True), done.stderr
    after = rows(longer, "SELECT run_uuid, status FROM runs")
    assert [status for row, status in after if (row, status) not in before] == ["FAILED"]
