"""Saving and loading checkpoints."""

import json

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.resume import checkpoint
from tests.support.checkpoints import IDENTITY, arrays, loaded, names, progress, save


def test_no_checkpoint(folder, capsys):
    assert checkpoint.load_checkpoint(folder, IDENTITY) is None
    assert capsys.readouterr().err == ""


def test_a_checkpoint_is_restored_exactly(folder):
    save(folder, 7)
    found, values = checkpoint.load_checkpoint(folder, IDENTITY)
    assert found == progress(7)
    assert (found["epoch"], found["step"], found["history"][0]["train_loss"]) == (1, 7, 0.30000000000000004)
    assert [array.dtype for array in values] == [np.float32, np.int64, np.uint32]
    assert [array.tobytes() for array in values] == [array.tobytes() for array in arrays(7)]


def test_more_than_ten_arrays_keep_their_order(folder):
    checkpoint.save_checkpoint(folder, IDENTITY, {}, [np.array(i) for i in range(120)])
    _, values = checkpoint.load_checkpoint(folder, IDENTITY)
    assert [int(array) for array in values] == list(range(120))


def test_the_last_two_are_kept_and_the_last_is_loaded(three):
    assert names(three) == ["000002", "000003"]
    assert loaded(three) == 3


@pytest.mark.parametrize(
    ("name", "now"), [("input_key", "xyz"), ("precision", "mixed_bfloat16"), ("threads", 4), ("keras", "3.16.0")]
)
def test_a_checkpoint_of_another_training_is_refused(three, name, now):
    with pytest.raises(PipelineError) as caught:
        checkpoint.load_checkpoint(three, IDENTITY | {name: now})
    assert str(caught.value) == (
        f"checkpoint {three / '000003'}: {name} is {IDENTITY[name]!r}, this training has {now!r};"
        f" continue as it was begun, or remove {three} to start over"
    )


def test_an_incomplete_checkpoint_is_ignored_and_deleted(three):
    left = three / ".tmp-x7y8"
    left.mkdir()
    (left / "state.json").write_text("{")
    assert loaded(three) == 3
    save(three, 4)
    assert names(three) == ["000003", "000004"]


def test_a_failed_save_keeps_the_other_checkpoints(three, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "write_json", full)
    with pytest.raises(OSError, match="No space left"):
        save(three, 4)
    monkeypatch.undo()
    assert loaded(three) == 3
    save(three, 5)
    assert names(three) == ["000003", "000004"]


def test_nan_in_the_history(folder):
    """A validation can diverge while the weights are finite."""
    before = progress(1)
    before["history"][0]["val_loss"] = float("nan")
    checkpoint.save_checkpoint(folder, IDENTITY, before, arrays(1))
    found, _ = checkpoint.load_checkpoint(folder, IDENTITY)
    assert np.isnan(found["history"][0]["val_loss"])


def test_state_is_plain_json(folder):
    save(folder, 1)
    state = json.loads((folder / "000001" / "state.json").read_text())
    assert state["identity"] == IDENTITY
    assert (state["progress"]["epoch"], state["progress"]["step"]) == (1, 1)
