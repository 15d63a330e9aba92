"""Damaged checkpoints are skipped with a warning."""

import pytest

from pipeline.resume import checkpoint
from tests.support.checkpoints import IDENTITY, loaded, names, save


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
def test_the_checkpoint_before_a_damaged_one_is_loaded(three, capsys, file, damage):
    damage(three / "000003" / file)
    assert loaded(three) == 2
    warning = capsys.readouterr().err
    assert warning.startswith(f"warning: checkpoint {three / 'damaged-000003'} is damaged (")
    assert warning.endswith("); trying the one before\n")
    assert warning.count("\n") == 1


def test_all_checkpoints_damaged(three, capsys):
    flip(three / "000002" / "arrays.npz")
    (three / "000003" / "manifest.json").unlink()
    assert checkpoint.load_checkpoint(three, IDENTITY) is None
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert lines[-1] == "warning: no checkpoint is usable; starting over"


def test_damaged_checkpoints_do_not_count_among_those_kept(three):
    flip(three / "000003" / "arrays.npz")
    assert loaded(three) == 2
    save(three, 3)
    assert names(three) == ["000002", "000004", "damaged-000003"]


def test_new_checkpoints_after_damaged_ones_may_be_damaged_too(folder):
    for number in (1, 2):
        save(folder, number)
        (folder / f"00000{number}" / "manifest.json").unlink()
        assert checkpoint.load_checkpoint(folder, IDENTITY) is None
    assert names(folder) == ["damaged-000001", "damaged-000002"]
