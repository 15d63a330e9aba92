"""Checkpoints: what is saved is found again, and nothing else is ever taken for it."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from pipeline import checkpoint
from pipeline.errors import PipelineError
from pipeline.files import ROOT
from pipeline.progress import Progress

IDENTITY = {"input_key": "abc", "precision": "float32", "threads": 2, "keras": "3.15.1"}


def arrays(number):
    return [
        np.full((3, 2), number, np.float32),
        np.array(number, np.int64),
        np.array([number, 2**32 - 1], np.uint32),
    ]


def progress(step):
    made = Progress()
    row = {"train_loss": 0.1 + 0.2, "val_accuracy": 1 / 3, "learning_rate": 1e-3}
    made.add_epoch(row, {"conv1": np.linspace(-1, 1, 9, dtype=np.float32).reshape(3, 3, 1, 1)}, 1_700_000_000.1234)
    made.step = step
    made.system.append({"seconds": 1.0, "cpu": 50.5})
    return made


def save(folder, number):
    checkpoint.save(folder, IDENTITY, progress(number), arrays(number))


def loaded(folder):
    """The number of the checkpoint that is loaded."""
    found, values = checkpoint.load(folder, IDENTITY)
    assert [array.tolist() for array in values] == [array.tolist() for array in arrays(found.step)]
    return found.step


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "lenet-plain-0123456789abcdef"
    made.mkdir()
    return made


@pytest.fixture
def three(folder):
    """A folder after three saves."""
    for number in (1, 2, 3):
        save(folder, number)
    return folder


def test_nothing_saved_is_nothing_said(folder, capsys):
    assert checkpoint.load(folder, IDENTITY) is None
    assert capsys.readouterr().err == ""


def test_what_is_saved_comes_back_bit_for_bit(folder):
    save(folder, 7)
    found, values = checkpoint.load(folder, IDENTITY)
    assert found == progress(7)
    assert (found.epoch, found.step, found.history[0]["train_loss"]) == (1, 7, 0.30000000000000004)
    assert [array.dtype for array in values] == [np.float32, np.int64, np.uint32]
    assert [array.tobytes() for array in values] == [array.tobytes() for array in arrays(7)]


def test_more_than_ten_arrays_keep_their_order(folder):
    checkpoint.save(folder, IDENTITY, Progress(), [np.array(i) for i in range(120)])
    _, values = checkpoint.load(folder, IDENTITY)
    assert [int(array) for array in values] == list(range(120))


def test_the_last_two_are_kept_and_the_newest_is_loaded(three):
    assert names(three) == ["000002", "000003"]
    assert loaded(three) == 3


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[:-10])


def empty(path):
    path.write_bytes(b"")


def remove(path):
    path.unlink()


def other_json(path):
    path.write_text("[1]")


def not_text(path):
    path.write_bytes(b"\xff\xfe")


DAMAGES = [(file, damage) for file in ("arrays.npz", "state.json") for damage in (flip, cut, empty, remove)]
DAMAGES += [("manifest.json", damage) for damage in (cut, empty, remove, other_json, not_text)]


@pytest.mark.parametrize(("file", "damage"), DAMAGES)
def test_a_damaged_checkpoint_gives_way_to_the_one_before(three, capsys, file, damage):
    damage(three / "000003" / file)
    assert loaded(three) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"warning: checkpoint {three / 'damaged-000003'} is damaged (")
    assert said.endswith("); trying the one before\n")
    assert said.count("\n") == 1


def test_all_damaged_is_said_aloud(three, capsys):
    flip(three / "000002" / "arrays.npz")
    (three / "000003" / "manifest.json").unlink()
    assert checkpoint.load(three, IDENTITY) is None
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert lines[-1] == "warning: no checkpoint is usable; starting over"


def test_after_damage_the_last_two_that_are_good_are_kept(three):
    flip(three / "000003" / "arrays.npz")
    assert loaded(three) == 2
    save(three, 3)
    assert names(three) == ["000002", "000004", "damaged-000003"]


def test_after_all_were_damaged_new_ones_may_be_damaged_too(folder):
    for number in (1, 2):
        save(folder, number)
        (folder / f"00000{number}" / "manifest.json").unlink()
        assert checkpoint.load(folder, IDENTITY) is None
    assert names(folder) == ["damaged-000001", "damaged-000002"]


@pytest.mark.parametrize(
    ("name", "now"), [("input_key", "xyz"), ("precision", "mixed_bfloat16"), ("threads", 4), ("keras", "3.16.0")]
)
def test_another_trainings_checkpoint_is_refused(three, name, now):
    with pytest.raises(PipelineError) as caught:
        checkpoint.load(three, IDENTITY | {name: now})
    assert str(caught.value) == (
        f"checkpoint {three / '000003'}: {name} is {IDENTITY[name]!r}, this training has {now!r};"
        f" continue as it was begun, or remove {three} to start over"
    )


def test_what_a_killed_save_left_is_ignored_and_swept(three):
    left = three / ".tmp-x7y8"
    left.mkdir()
    (left / "state.json").write_text("{")
    assert loaded(three) == 3
    save(three, 4)
    assert names(three) == ["000003", "000004"]


def test_a_save_that_fails_leaves_the_others(three, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint.files, "write_json", full)
    with pytest.raises(OSError, match="No space left"):
        save(three, 4)
    monkeypatch.undo()
    assert loaded(three) == 3
    save(three, 5)
    assert names(three) == ["000003", "000004"]


def test_a_state_that_holds_no_number_is_kept(folder):
    """A diverged validation leaves NaN in the history of what is measured, and the last good weights beside it."""
    made = progress(1)
    made.history[0]["val_loss"] = float("nan")
    checkpoint.save(folder, IDENTITY, made, arrays(1))
    found, _ = checkpoint.load(folder, IDENTITY)
    assert np.isnan(found.history[0]["val_loss"])


def test_remove(three):
    checkpoint.remove(three)
    assert list(three.parent.iterdir()) == []


def test_a_removal_that_is_cut_short_leaves_nothing_to_go_on_with(three, monkeypatch):
    monkeypatch.setattr(checkpoint.shutil, "rmtree", lambda path: None)  # killed just before it
    checkpoint.remove(three)
    assert not three.exists()
    assert [path.name.startswith(f".{three.name}.") for path in three.parent.iterdir()] == [True]


HOLD = f"""
import sys, time
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from pipeline import checkpoint

with checkpoint.locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(30)
"""


def test_the_lock_refuses_a_second_process_and_dies_with_the_first(folder):
    with subprocess.Popen([sys.executable, "-c", HOLD, folder], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(PipelineError) as caught, checkpoint.locked(folder):
            pass
        assert str(caught.value) == f"{folder.name}: another process trains this run; wait for it, or stop it"
        os.kill(holder.pid, signal.SIGKILL)
    with checkpoint.locked(folder):
        pass


def test_the_lock_is_free_again_after_an_error(folder):
    with pytest.raises(ZeroDivisionError), checkpoint.locked(folder):
        _ = 1 / 0
    with checkpoint.locked(folder):
        pass


def test_the_lock_makes_the_folder_and_keeps_nothing_in_it(tmp_path):
    with checkpoint.locked(tmp_path / "a" / "run-0123"):
        assert names(tmp_path / "a" / "run-0123") == []


def test_state_is_plain_json(folder):
    save(folder, 1)
    state = json.loads((folder / "000001" / "state.json").read_text())
    assert state["identity"] == IDENTITY
    assert (state["progress"]["epoch"], state["progress"]["step"]) == (1, 1)
