"""What `make cluster` says of its runs, from their logs to the table and the notes at the end, without Ray."""

import io
import json
import re
from pathlib import Path

import pytest
import rich.console

from tools.cluster import driver, node
from tools.cluster.progress import ProgressActor, ProgressView, cells

KILLED = f"killed by a person, or by the system for lack of memory; then {node.MORE_MEMORY}"
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


def test_the_cells_of_a_run() -> None:
    row = {"state": "training", "epoch": 2, "epochs": 20, "val_accuracy": 0.98765, "node": "n1", "left": 3725.4}
    assert cells("a", row) == ["a", "training", "2/20", "0.9877", "n1", "1:02:05"]
    assert cells("a", {"state": "waiting"}) == ["a", "waiting", "", "", "", ""]
    assert cells("a", row | {"state": "done"})[-1] == ""


def test_the_actor_adds_what_it_is_told_to_what_it_knows() -> None:
    actor = ProgressActor()
    actor.put("a", {"state": "training", "node": "n1"})
    actor.put("a", {"state": "evaluating"})
    assert actor.get() == {"a": {"state": "evaluating", "node": "n1"}}


def test_a_changed_line_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    view = ProgressView(["a", "b"])
    with view.live():
        training = {"state": "training", "epochs": 2, "epoch": 1, "val_accuracy": 0.5, "node": "n1"}
        view.update("a", training)
        view.update("a", training)
        view.update("a", {"state": "done"})
        view.update("a", {"state": "evaluating"})  # came late
    assert capsys.readouterr().out == "a  training  1/2  0.5000  n1\na  done  1/2  0.5000  n1\n"


def test_the_table_has_those_at_work_first_and_counts_the_others() -> None:
    view = ProgressView("abcde")
    for run, state in zip("bcde", ("done", "training", "failed", "done"), strict=True):
        view.rows[run] = {"state": state}
    console = rich.console.Console(width=80, record=True, file=io.StringIO())
    console.print(view.table())
    drawn = console.export_text()
    assert re.findall(r"^│ (\w) ", drawn, re.MULTILINE) == ["c", "a", "b", "d", "e"]
    assert "5 runs: 1 waiting, 2 done, 1 failed" in drawn


def write_environments(folder: Path, **changes: dict) -> None:
    for run in "abc":
        (folder / run).mkdir(exist_ok=True)
        found = {"precision": "float32", "threads": 2, "onednn": True, "seconds": 10.0} | changes.get(run, {})
        (folder / run / "environment.json").write_text(json.dumps(found))


def test_notes_name_runs_that_differ_and_the_mean_times(tmp_path: Path) -> None:
    seconds = {"a": 30.0, "b": 50.0, "c": 40.0}
    write_environments(tmp_path)
    assert driver.notes(seconds, tmp_path) == ["3 runs of 40 s on average, 10 s of it training"]
    write_environments(tmp_path, c={"threads": 4})
    first, _ = driver.notes(seconds, tmp_path)
    assert first == ("note: threads differed between runs, and so do their bits; set it in params.yaml (2: a, b; 4: c)")
    write_environments(tmp_path, b={"onednn": False})
    first, _ = driver.notes(seconds, tmp_path)
    assert first.endswith("set it in TF_ENABLE_ONEDNN_OPTS (True: a, c; False: b)")
    assert driver.notes({}, tmp_path) == []


def test_the_log_of_a_failed_run_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "ROOT", tmp_path)
    monkeypatch.setattr(driver, "LOGS", tmp_path / "logs")
    results = {"a": {"error": None, "log": "x"}, "b": {"error": "out of memory", "log": "what it said"}}
    assert driver.failures(results) == {"b": "out of memory (log: logs/b.log)"}
    assert [path.read_text() for path in (tmp_path / "logs").iterdir()] == ["what it said"]
