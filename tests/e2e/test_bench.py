"""The measurements run; what they find is not tested here, since it depends on the machine."""

import json
import subprocess
import sys

import pytest

from pipeline.core.paths import ROOT
from tests.support.workspace import Workspace

pytestmark = pytest.mark.slow


def imports_tensorflow(workspace: Workspace, *command: str) -> bool:
    """Whether a command, or a process that it starts, imports TensorFlow."""
    printed = workspace.run(*command, PYTHONPROFILEIMPORTTIME="1").stderr
    names = (line.rpartition("|")[2].strip() for line in printed.splitlines() if line.startswith("import time:"))
    return any(name.split(".")[0] == "tensorflow" for name in names)


def test_an_import_is_noticed_also_in_a_process_that_a_process_starts(tmp_path) -> None:
    for name in ("tensorflow", "tensors"):
        (tmp_path / f"{name}.py").touch()
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import {}'], check=True)"
    assert imports_tensorflow(Workspace(tmp_path), "python", "-c", child.format("tensorflow"))
    assert not imports_tensorflow(Workspace(tmp_path), "python", "-c", child.format("tensors"))


def test_a_cached_stage_does_not_import_tensorflow(finished: Workspace) -> None:
    assert not imports_tensorflow(finished, "dvc", "repro")


def test_trainings_are_measured_against_the_bare_script(copied: Workspace) -> None:
    options = ("--repeats", "1", "--epochs", "2", "--images", "60")
    printed = copied.run("python", "-m", "tools.bench", "train", *options).stdout.splitlines()
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in printed
        if line.startswith(("| lenet", "| fixed"))
    ]
    assert [(line[0], line[2]) for line in cells] == [
        ("lenet: an epoch and its validation", "bare Keras"),
        ("lenet: an epoch and its validation", "bare Keras, not deterministic"),
        ("lenet: from epoch to epoch, with histograms, checkpoint, tracking", "bare Keras"),
        ("lenet: all but the epochs", "bare Keras"),
        ("fixed cost of a train stage", "–"),
        ("fixed cost of an evaluate stage", "–"),
    ]
    assert all(0 < float(line[1]) < 600 for line in cells)
    assert copied.run("git", "status", "--porcelain", "--", "params.yaml").stdout == ""


def test_the_bare_script_can_be_tracked_by_mlflow(finished: Workspace) -> None:
    command = ("python", "-m", "tools.bench.bare", "lenet-dropout", "--precision", "float32", "--threads", "2")
    database = f"sqlite:///{finished.root}/bare.db"
    printed = finished.run(*command, "--tracking", "callback", MLFLOW_TRACKING_URI=database).stdout.splitlines()
    times = json.loads(printed[-1])
    assert times["started"][0] < times["finished"][0] <= times["started"][1] < times["finished"][1]
    assert "Epoch 2/2" in printed
    (finished.root / "bare.db").unlink()


def test_steps_are_counted_in_images_a_second() -> None:
    for options in (["ours", "lenet", "float32", "1"], ["keras", "lenet", "float32", "1", "--batch-norm"]):
        command = [sys.executable, "-m", "tools.bench.steps", *options]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert 1 < float(done.stdout) < 1e7


def test_an_unknown_family_is_named_with_the_nearest(finished: Workspace) -> None:
    done = finished.run("python", "-m", "tools.bench", "trian", check=False)
    assert (done.returncode, done.stderr) == (
        1,
        "error: row 'trian' is unknown; did you mean 'train'? (known: train, tracking, speed)\n",
    )
