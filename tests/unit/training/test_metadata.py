"""A training's id, which stays the same from its first start to its end."""

from pathlib import Path

import pytest

from pipeline.training import metadata


def test_a_training_keeps_its_id(tmp_path: Path) -> None:
    first = metadata.training_start(tmp_path)
    assert set(first) == {"training_id", "started", "git"}
    assert metadata.training_start(tmp_path) == first


def test_a_damaged_id_is_replaced_with_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lost = metadata.training_start(tmp_path)
    (tmp_path / "training.json").write_text('{"training_id": "0')
    found = metadata.training_start(tmp_path)
    assert found["training_id"] != lost["training_id"]
    assert metadata.training_start(tmp_path) == found
    warning = capsys.readouterr().err
    assert warning.startswith(f"warning: {tmp_path}/training.json is damaged (")
    assert warning.count("\n") == 1


def test_a_clock_that_jumps_back_gives_no_negative_duration() -> None:
    times = [{"epoch": 1, "seconds": 5.0, "finished": 1010.0}, {"epoch": 2, "seconds": 4.0, "finished": 700.0}]
    assert metadata.in_order(1000.0, times) == [times[0], times[1] | {"finished": 1014.0}]
    assert metadata.in_order(2000.0, times[:1]) == [times[0] | {"finished": 2005.0}]
    assert metadata.in_order(100.0, times[:1]) == times[:1]
