"""What `make cluster` says of its runs, from their logs to the table and the notes at the end, without Ray."""

import io
import json
import re
from pathlib import Path

import pytest
import rich.console

from tools.cluster import driver, view, watch

KILLED = f" by somebody, or by the system for want of memory: then {watch.MORE}"
LOG = "step: inputs\n3 files fetched\nRunning stage 'train@a':\n"


def test_the_state_is_the_last_step_in_the_log() -> None:
    assert watch.state("") == "checkout"
    assert watch.state("step: inputs\n") == "inputs"
    assert watch.state(LOG) == "training"
    assert watch.state(LOG + "Running stage 'evaluate@a':\n") == "evaluating"
    assert watch.state(LOG + "Running stage 'evaluate@a':\nstep: pushing\n") == "pushing"


@pytest.mark.parametrize(
    ("status", "log", "expected"),
    [
        (0, "error: of no consequence", None),
        (1, LOG + "error: params.yaml: x\nERROR: failed to reproduce\nerror: dvc ended", "params.yaml: x"),
        (1, "ERROR: failed to reproduce 'train@a': exited with 3\nerror: dvc ended", "dvc ended"),
        (1, "ERROR: failed to run: python -m pipeline.train a, exited with -9\n", f"killed{KILLED}"),
        (1, "ResourceExhaustedError: OOM when allocating tensor\n", f"out of memory; {watch.MORE}"),
        (137, "", f"killed{KILLED}"),
        (3, "", "ended with status 3"),
    ],
)
def test_why_a_run_failed(status: int, log: str, expected: str | None) -> None:
    assert watch.complaint(status, log) == expected


def test_progress_is_read_from_the_checkpoints_folder(tmp_path: Path) -> None:
    assert watch.progress(tmp_path, "lenet", 4) == {}
    for name, epochs in ((f"lenet-{'0' * 16}", 2), (f"lenet-plain-{'1' * 16}", 3)):
        folder = tmp_path / ".checkpoints" / name / "run"
        folder.mkdir(parents=True)
        rows = "".join(f"{epoch},0.9{epoch}\n" for epoch in range(1, epochs + 1))
        (folder / "history.csv").write_text(f"epoch,val_accuracy\n{rows}")
        times = [{"epoch": epoch, "seconds": 10.0 * epoch} for epoch in range(1, epochs + 1)]
        (folder / "environment.json").write_text(json.dumps({"epochs": times}))
    assert watch.progress(tmp_path, "lenet", 4) == {"epoch": 2, "val_accuracy": 0.92, "left": 30.0}


def test_a_row_of_the_view() -> None:
    row = {
        "state": "training",
        "epoch": 2,
        "epochs": 20,
        "val_accuracy": 0.98765,
        "node": "n1",
        "left": 3725,
        "at": 100,
    }
    assert view.cells("a", row, 160) == ["a", "training", "2/20", "0.9877", "n1", "1:01:05"]
    assert view.cells("a", {"state": "waiting"}, 0) == ["a", "waiting", "–", "–", "–", "–"]
    assert view.cells("a", row | {"state": "done"}, 160)[-1] == "–"


def test_a_changed_line_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    shown = view.View(["a", "b"])
    shown.show()
    shown.update("a", {"state": "training", "epochs": 2, "epoch": 1, "val_accuracy": 0.5, "node": "n1"})
    shown.show()
    shown.show()
    shown.update("a", {"state": "done"})
    shown.update("a", {"state": "pushing"})  # came late
    shown.show()
    assert capsys.readouterr().out == "a  training  1/2  0.5000  n1\na  done  1/2  0.5000  n1\n"


def test_the_table_has_those_at_work_first_and_counts_the_others() -> None:
    states = ["waiting", "done", "training", "failed", "done"]
    lines = [view.cells(name, {"state": state}, 0) for name, state in zip("abcde", states, strict=True)]
    console = rich.console.Console(width=80, record=True, file=io.StringIO())
    console.print(view.table(lines))
    drawn = console.export_text()
    assert re.findall(r"^│ (\w) ", drawn, re.MULTILINE) == ["c", "a", "b", "d", "e"]
    assert "5 runs: 1 waiting, 2 done, 1 failed" in drawn


def test_nodes_that_differ_are_named() -> None:
    same = {
        "a": {"precision": "float32", "threads": 2},
        "b": {"precision": "float32", "threads": 2},
        "c": {"error": "x"},
    }
    assert driver.differences(same) == []
    (line,) = driver.differences(same | {"d": {"precision": "float32", "threads": 4}})
    assert line == "note: threads differed between runs, and bits with it; set it in params.yaml (2: a, b; 4: d)"
    mixed = {"a": {"onednn": True}, "b": {"onednn": False}}
    (line,) = driver.differences(mixed)
    assert line.endswith("set it in TF_ENABLE_ONEDNN_OPTS (True: a; False: b)")


def test_the_time_of_the_nodes_is_summed_up() -> None:
    done = {"error": None, "seconds": 30.0, "trained": 10.0}
    assert driver.spent({"a": done, "b": done | {"seconds": 50.0}, "c": {"error": "x"}}) == (
        "2 runs of 40 s on average, 10 s of it training"
    )
    assert driver.spent({"c": {"error": "x"}}) == ""
