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
