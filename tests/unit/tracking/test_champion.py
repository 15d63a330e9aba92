"""The champion's two files: read, verified, written."""

import json
from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.files import sha256
from pipeline.tracking import champion
from pipeline.tracking.champion import Champion, Promotion


def promotion(model: Path) -> Promotion:
    return Promotion(
        run="lenet-plain",
        training_id="1" * 32,
        input_key="a" * 64,
        data_digest="d" * 64,
        validation_images=5000,
        val_accuracy=0.98,
        parameters=700,
        model_sha256=sha256(model),
        promoted="2026-01-01T00:00:00+00:00",
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a champion."""
    made = tmp_path / "champion"
    run = trained(tmp_path, "a model")
    champion.save_champion(Champion(champion=promotion(run / "model.keras"), previous=None), run, made)
    return made


def trained(folder: Path, model: str) -> Path:
    """A run's folder with this model and a card about it."""
    run = folder / model
    run.mkdir()
    (run / "model.keras").write_text(model)
    (run / "card.md").write_text(f"card of {model}")
    return run


def test_what_is_written_is_read_again(folder: Path) -> None:
    assert champion.load_champion(folder) == Champion(champion=promotion(folder / "model.keras"), previous=None)
    assert champion.champion_model(folder).read_bytes() == b"a model"
    assert champion.champion_card(folder).read_text() == "card of a model"


def test_without_a_champion_it_says_what_to_do(tmp_path: Path) -> None:
    assert champion.load_champion(tmp_path / "champion") is None
    with pytest.raises(PipelineError, match=r"^champion/champion.json: not found; run `make promote`"):
        champion.champion_model(tmp_path / "champion")


def test_a_missing_model_is_named(folder: Path) -> None:
    (folder / "model.keras").unlink()
    said = r"^champion/model.keras: not found, but champion.json names it \(lenet-plain\); run `git checkout champion`"
    with pytest.raises(PipelineError, match=said):
        champion.champion_model(folder)


def test_another_model_is_refused(folder: Path) -> None:
    (folder / "model.keras").write_bytes(b"a_model")
    with pytest.raises(PipelineError, match=r"^champion/model.keras: its SHA-256 is \w{12}…, but champion.json names"):
        champion.champion_model(folder)


def test_a_damaged_record_is_named(folder: Path) -> None:
    content = json.loads((folder / "champion.json").read_text())
    content["champion"]["val_accuracy"] = 98
    (folder / "champion.json").write_text(json.dumps(content))
    with pytest.raises(PipelineError, match="champion.json: champion.val_accuracy: .*less than or equal to 1"):
        champion.load_champion(folder)
    (folder / "champion.json").write_text("<<<<<<< HEAD")
    with pytest.raises(PipelineError, match="champion.json: the file: Invalid JSON.*restore it with `git checkout`"):
        champion.load_champion(folder)


def test_an_interruption_leaves_no_record_without_its_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    run = trained(folder.parent, "another model")
    other = run / "model.keras"
    for name in ("write_bytes", "write_json"):
        with monkeypatch.context() as patch:
            patch.setattr(champion, name, fail)
            with pytest.raises(KeyboardInterrupt):
                champion.save_champion(Champion(champion=promotion(other), previous=None), run, folder)
        assert champion.load_champion(folder).champion.model_sha256 != sha256(other)
    champion.save_champion(Champion(champion=promotion(other), previous=None), run, folder)
    assert champion.champion_model(folder).read_bytes() == b"another model"
