"""The folder of a training's checkpoints: its lock, and its deletion."""

import subprocess
import sys

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from pipeline.resume import checkpoint_dir
from tests.support.checkpoints import names, save

LOCK = """
import sys
from pathlib import Path
from pipeline.resume.checkpoint_dir import run_lock

with run_lock(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with two checkpoints."""
    made = checkpoint_dir.checkpoint_dir(tmp_path, "lenet-plain", "0123456789abcdef" * 4)
    assert made == tmp_path / ".checkpoints/lenet-plain-0123456789abcdef"
    made.mkdir(parents=True)
    for number in (1, 2):
        save(made, number)
    return made


def test_the_lock_is_held_by_one_process_and_released_when_it_dies(folder):
    command = [sys.executable, "-c", LOCK, folder]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(PipelineError) as caught, checkpoint_dir.run_lock(folder):
            pass
        assert str(caught.value) == f"{folder.name}: another process trains this run; wait for it, or stop it"
        other.kill()
    with checkpoint_dir.run_lock(folder):
        assert names(folder) == ["000001", "000002"]


def test_the_lock_is_released_after_an_error_and_creates_the_folder(tmp_path):
    folder = tmp_path / "a" / "lenet-plain-0123"
    with pytest.raises(ZeroDivisionError), checkpoint_dir.run_lock(folder):
        _ = 1 / 0
    with checkpoint_dir.run_lock(folder):
        assert names(folder) == []


def test_checkpoints_are_not_deleted_during_a_training(folder):
    with checkpoint_dir.run_lock(folder):
        checkpoint_dir.delete_checkpoints(folder)
        assert names(folder) == ["000001", "000002"]
    checkpoint_dir.delete_checkpoints(folder)
    assert names(folder.parent) == [f"{folder.name}.lock"]
    checkpoint_dir.delete_checkpoints(folder)
    assert names(folder.parent) == [f"{folder.name}.lock"]


def test_an_interrupted_deletion_leaves_no_checkpoint(folder, monkeypatch):
    monkeypatch.setattr(checkpoint_dir.shutil, "rmtree", lambda path: None)  # as if killed just before it
    checkpoint_dir.delete_checkpoints(folder)
    assert not folder.exists()
    rest = [name for name in names(folder.parent) if name != f"{folder.name}.lock"]
    assert [name.startswith(f".{folder.name}.") for name in rest] == [True]
