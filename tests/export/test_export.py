"""LiteRT and ONNX files of a small network, against the Keras model."""

import argparse
import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.runtime.model_file import save_model
from pipeline.tracking import store
from tests.support.small_network import PIXELS, trained_model
from tools.export import __main__ as command
from tools.export import formats
from tools.export.__main__ import Source

LABELS = np.arange(20) % 10
FILES = {f"small-{precision}{suffix}" for precision in ("float32", "int8") for suffix in (".tflite", ".onnx")}


class Exported:
    """A folder into which a small network with batch normalisation was exported, and what was printed."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.model = trained_model()
        save_model(self.model, root / "model.keras")
        (root / "card.md").write_text("what it cannot do")
        self.source = Source("small", root / "model.keras", root / "card.md", "f" * 32)
        patch.setenv("DVC_ROOT", str(root))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setattr(command, "EXPORTS", root / "exports")
        patch.setattr(command, "ROOT", root)
        patch.setattr(command, "find_source", lambda run: self.source)
        patch.setattr(command, "load_split", lambda split: (PIXELS, LABELS))
        self.folder = root / "exports/small"

    def export(self) -> None:
        command.main(argparse.Namespace(run="small", images=20))

    def answers(self, name: str) -> np.ndarray:
        """The probabilities that a file gives."""
        (each,) = [each for each in formats.FORMATS if each.suffix == Path(name).suffix]
        return each.load(self.folder / name, 1)(PIXELS)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        made = Exported(tmp_path_factory.mktemp("root"), patch)
        client, experiment = store.connect()
        made.run_id = client.create_run(experiment, tags={"training_id": "f" * 32}).info.run_id
        made.export()
        yield made


def test_the_folder_has_the_files_the_table_and_the_card(exported: Exported) -> None:
    assert {path.name for path in exported.folder.iterdir()} == FILES | {"table.md", "table.json", "card.md"}
    assert (exported.folder / "card.md").read_text() == "what it cannot do"


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_answers_as_keras_does_to_raw_pixels(exported: Exported, name: str) -> None:
    expected, found = exported.model.predict(PIXELS, verbose=0), exported.answers(name)
    assert (found.dtype, found.shape, PIXELS.dtype) == (np.float32, (20, 10), np.uint8)
    np.testing.assert_allclose(found, expected, atol=1e-5 if "float32" in name else 0.1)


def test_the_table_says_what_the_files_are(exported: Exported) -> None:
    content = json.loads((exported.folder / "table.json").read_text())
    keras, *rows = content["files"]
    predicted = exported.model.predict(PIXELS, verbose=0).argmax(axis=1)
    assert (keras["disagreements"], keras["errors"]) == (0, int((predicted != LABELS).sum()))
    assert {row["file"] for row in rows} == FILES
    for row in rows:
        found = exported.answers(row["file"]).argmax(axis=1)
        assert row["disagreements"] == (found != predicted).sum()
        assert row["errors"] == (found != LABELS).sum()
        assert row["bytes"] == (exported.folder / row["file"]).stat().st_size
        assert 0 < row["milliseconds"] < 1000
    assert content["test_images"] == 20
    assert "| ONNX     | int8" in (exported.folder / "table.md").read_text()


def test_it_is_in_mlflow(exported: Exported) -> None:
    artifacts = store.connect()[0].list_artifacts(exported.run_id, "exports")
    assert {Path(item.path).name for item in artifacts} == {path.name for path in exported.folder.iterdir()}


def test_an_interruption_leaves_the_former_export(exported: Exported, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(model: object, path: Path, calibration: object) -> None:
        path.write_bytes(b"half")
        raise RuntimeError("no space")

    before = {path.name: path.read_bytes() for path in exported.folder.iterdir()}
    broken = formats.Format("ONNX", ".onnx", fail, formats.load_onnx)
    monkeypatch.setattr(formats, "FORMATS", (broken,))
    with pytest.raises(PipelineError, match=r"^small-float32.onnx: cannot be written or run \(no space\)$"):
        exported.export()
    assert {path.name: path.read_bytes() for path in exported.folder.iterdir()} == before
    assert [path.name for path in exported.folder.parent.iterdir()] == ["small"]
