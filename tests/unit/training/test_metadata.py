"""Who a training is, from its first start to its end."""

from pathlib import Path

import pytest

from pipeline.training import metadata


def test_a_training_keeps_its_identity(tmp_path: Path) -> None:
    begun = metadata.load_or_create_run_id(tmp_path)
    assert set(begun) == {"training_id", "started", "git"}
    assert metadata.load_or_create_run_id(tmp_path) == begun


def test_a_damaged_identity_is_said_and_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lost = metadata.load_or_create_run_id(tmp_path)
    (tmp_path / "training.json").write_text('{"training_id": "0')
    found = metadata.load_or_create_run_id(tmp_path)
    assert found["training_id"] != lost["training_id"]
    assert metadata.load_or_create_run_id(tmp_path) == found
    said = capsys.readouterr().err
    assert said.startswith(f"warning: {tmp_path}/training.json is damaged (")
    assert said.count("\n") == 1
