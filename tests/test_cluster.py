"""What `make cluster` does without Ray: resources, logs, the view, the leash."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import rich.console

from pipeline import params
from pipeline.errors import PipelineError
from pipeline.files import ROOT
from tools.cluster import driver, resources, snapshot, view, watch
from tools.cluster.resources import Resources, Wishes

PIN = re.compile(r"^([a-z0-9.-]+)==(\S+)", re.MULTILINE)
RUN = next(iter(params.load(ROOT / "params.yaml").runs.values()))
SMALL, LARGE = {"CPU": 4, "memory": 8e9}, {"CPU": 16, "memory": 32e9}
GPUS = {"CPU": 32, "GPU": 4, "memory": 128e9}


def with_threads(threads: int | str) -> params.Run:
    return replace(RUN, protocol=RUN.protocol.model_copy(update={"threads": threads}))


@pytest.mark.parametrize(
    ("threads", "nodes", "seen", "expected"),
    [
        ("auto", [LARGE, SMALL], None, Resources(4, 0, 6_000_000_000)),
        (2, [LARGE, SMALL], None, Resources(2, 0, 6_000_000_000)),
        ("auto", [SMALL], 2e9, Resources(4, 0, 2_500_000_000)),
        ("auto", [SMALL], 40e9, Resources(4, 0, 8_000_000_000)),
        ("auto", [SMALL, GPUS], None, Resources(8, 1, 6_000_000_000)),
        (2, [SMALL, GPUS], None, Resources(2, 1, 6_000_000_000)),
        ("auto", [{"CPU": 0, "memory": 8e9}, SMALL], None, Resources(4, 0, 6_000_000_000)),
    ],
    ids=["smallest node", "threads", "recorded", "no more than there is", "a GPU's share", "a GPU's threads", "a head"],
)
def test_resources_follow_threads_and_hardware(
    threads: int | str, nodes: list[dict[str, float]], seen: float | None, expected: Resources
) -> None:
    assert resources.choose(with_threads(threads), nodes, seen) == expected


def test_what_no_node_has_is_refused_at_once() -> None:
    wished = Wishes(cpus=2, memory=9)
    assert resources.wish(RUN, [LARGE], {}, wished) == Resources(2, 0, 9_000_000_000)
    with pytest.raises(PipelineError, match=r"lenet-plain: no node has 2 processors, 0 GPUs and 9\.0 GB of memory"):
        resources.wish(RUN, [SMALL], {}, wished)
    with pytest.raises(PipelineError, match="has no node with a processor"):
        resources.wish(RUN, [{"CPU": 0}], {}, wished)


def test_memory_is_taken_from_what_runs_recorded(tmp_path: Path) -> None:
    for name, architecture, megabytes in (("a", "lenet", [900, 1300]), ("b", "lenet", [1100]), ("c", "vgg", [])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps({"architecture": architecture}))
        rows = [{"process_memory_megabytes": value} for value in megabytes]
        (tmp_path / name / "environment.json").write_text(json.dumps({"system": rows}))
    assert resources.recorded_memory(tmp_path) == {"lenet": 1.3e9}


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
        (1, "ERROR: failed to run: python -m pipeline.train a, exited with -9\n", "out of memory"),
        (1, "ResourceExhaustedError: OOM when allocating tensor\n", "out of memory"),
        (137, "", "out of memory"),
        (3, "", "ended with status 3"),
    ],
)
def test_why_a_run_failed(status: int, log: str, expected: str | None) -> None:
    found = watch.complaint(status, log)
    assert found == expected or (expected == "out of memory" and found.startswith("out of memory; give it more"))


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


def test_the_time_of_the_nodes_is_summed_up() -> None:
    done = {"error": None, "seconds": 30.0, "trained": 10.0}
    assert driver.spent({"a": done, "b": done | {"seconds": 50.0}, "c": {"error": "x"}}) == (
        "2 runs of 40 s on average, 10 s of it training"
    )
    assert driver.spent({"c": {"error": "x"}}) == ""


def test_nodes_take_a_tracking_server_but_no_file() -> None:
    variables = {"MLFLOW_TRACKING_URI": "sqlite:///x.db", "TF_ENABLE_ONEDNN_OPTS": "0", "HOME": "/x"}
    assert snapshot.environment(variables) == {"TF_ENABLE_ONEDNN_OPTS": "0"}
    server = {"MLFLOW_TRACKING_URI": "https://mlflow.example", "MLFLOW_TRACKING_TOKEN": "t"}
    assert snapshot.environment(server | {"HOME": "/x"}) == server


ASKED = "import signal, sys, time; signal.signal(15, lambda *_: (open(sys.argv[1], 'w').close(), sys.exit()))"
CHILD = f"{ASKED}; print('begun', flush=True); time.sleep(60)"


def test_a_leashed_command_ends_with_its_owner_and_its_folder_goes(tmp_path: Path) -> None:
    folder, note = tmp_path / "folder", tmp_path / "asked"
    folder.mkdir()
    leash = [sys.executable, "-m", "tools.cluster.leash", str(folder), sys.executable, "-c", CHILD, str(note)]
    owner = f"import subprocess, time; subprocess.Popen({leash!r}, stdin=subprocess.PIPE); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", owner], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "begun\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    until = time.monotonic() + 60
    while (folder.exists() or not note.exists()) and time.monotonic() < until:
        time.sleep(0.05)
    assert note.exists()
    assert not folder.exists()


@pytest.mark.parametrize(
    ("code", "status"), [("", 0), ("import sys; sys.exit(3)", 3), ("import os; os.kill(os.getpid(), 9)", 137)]
)
def test_a_leashed_command_hands_on_its_status(tmp_path: Path, code: str, status: int) -> None:
    command = [sys.executable, "-m", "tools.cluster.leash", str(tmp_path), sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as process:
        assert process.wait() == status
    assert tmp_path.exists()


def test_the_lock_adds_ray_and_changes_nothing() -> None:
    text = (ROOT / "requirements-cluster.lock").read_text()
    pins, added = (dict(PIN.findall(part)) for part in ((ROOT / "requirements.lock").read_text(), text))
    assert "ray" in added.keys() - pins.keys()
    assert {name for name in pins.keys() & added.keys() if pins[name] != added[name]} == set()
    assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=[a-z0-9.-]+==)", text)[1:])
    assert "://" not in text
