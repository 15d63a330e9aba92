"""What `make cluster` says of its runs, from their logs to the lines of progress, without Ray."""

import json
from pathlib import Path

import pytest

from tools.cluster import driver, node
from tools.cluster.progress import ProgressActor, ProgressPrinter, line

KILLED = f"killed, by a user or for lack of memory; in that case {node.MORE_MEMORY}"
LOG = "Running stage 'train@a':\n"


def test_the_state_is_the_last_stage_in_the_log() -> None:
    assert node.state("") == "starting"
    assert node.state(LOG) == "training"
    assert node.state(LOG + "Epoch 1\nRunning stage 'evaluate@a':\n") == "evaluating"


@pytest.mark.parametrize(
    ("status", "log", "expected"),
    [
        (0, "error: of no consequence", None),
        (1, LOG + "error: params.yaml: x\nERROR: failed to reproduce", "params.yaml: x"),
        (
            1,
            "ERROR: failed to reproduce 'train@a': exited with 3",
            "ERROR: failed to reproduce 'train@a': exited with 3",
        ),
        (1, "ERROR: failed to run: python -m pipeline.train a, exited with -9\n", KILLED),
        (1, "ResourceExhaustedError: OOM when allocating tensor\n", f"out of memory; {node.MORE_MEMORY}"),
        (137, "", KILLED),
        (3, "", "ended with status 3"),
    ],
)
def test_why_a_run_failed(status: int, log: str, expected: str | None) -> None:
    assert node.failure_reason(status, log) == expected


def test_progress_is_read_from_the_checkpoints_folder(tmp_path: Path) -> None:
    assert node.progress(tmp_path, "lenet") == {}
    for name, epochs in ((f"lenet-{'0' * 16}", 2), (f"lenet-plain-{'1' * 16}", 3)):
        folder = tmp_path / ".checkpoints" / name / "run"
        folder.mkdir(parents=True)
        rows = "".join(f"{epoch},0.9{epoch}\n" for epoch in range(1, epochs + 1))
        (folder / "history.csv").write_text(f"epoch,val_accuracy\n{rows}")
        times = [{"epoch": epoch, "seconds": 10.0 * epoch} for epoch in range(1, epochs + 1)]
        (folder / "environment.json").write_text(json.dumps({"epochs": times}))
        (folder / "run.json").write_text(json.dumps({"settings": {"epochs": 4}}))
    assert node.progress(tmp_path, "lenet") == {"epoch": 2, "epochs": 4, "val_accuracy": 0.92, "left": 30.0}
    (tmp_path / ".checkpoints" / f"lenet-{'0' * 16}" / "run/environment.json").write_text('{"epochs": []}')
    assert node.progress(tmp_path, "lenet") == {}  # read between the writes of two files


def test_the_line_of_a_run() -> None:
    row = {"state": "training", "epoch": 2, "epochs": 20, "val_accuracy": 0.98765, "node": "n1", "left": 3725.4}
    assert line("a", row) == "a  training  2/20  0.9877  n1  1:02:05 left"
    assert line("a", {"state": "waiting"}) == "a  waiting"
    assert line("a", row | {"state": "done"}) == "a  done  2/20  0.9877  n1"


def test_the_actor_adds_what_it_is_told_to_what_it_knows() -> None:
    actor = ProgressActor()
    actor.put("a", {"state": "training", "node": "n1"})
    actor.put("a", {"state": "evaluating"})
    assert actor.get() == {"a": {"state": "evaluating", "node": "n1"}}


def test_a_changed_line_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    printer = ProgressPrinter(["a", "b"])
    training = {"state": "training", "epochs": 2, "epoch": 1, "val_accuracy": 0.5, "node": "n1"}
    for seen in (training, training, {"state": "done"}, {"state": "evaluating"}):  # the last came late
        printer.update("a", seen)
    assert capsys.readouterr().out == "a  training  1/2  0.5000  n1\na  done  1/2  0.5000  n1\n"


def test_the_log_of_a_failed_run_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "ROOT", tmp_path)
    monkeypatch.setattr(driver, "LOGS", tmp_path / "logs")
    results = {"a": {"error": None, "log": "x"}, "b": {"error": "out of memory", "log": "what it said"}}
    assert driver.failures(results) == {"b": "out of memory (log: logs/b.log)"}
    assert [path.read_text() for path in (tmp_path / "logs").iterdir()] == ["what it said"]
