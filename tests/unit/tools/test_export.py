"""`make export` without the packages that write the files; tests/export has them."""

import argparse
import json
import os
import re
from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from tests.support.study import ENVIRONMENT
from tools.export import __main__ as command
from tools.export import formats

ROWS = [
    {
        "format": "Keras",
        "precision": "float32",
        "bytes": 8583734,
        "milliseconds": 9.5,
        "disagreements": 0,
        "errors": 118,
    },
    {
        "format": "ONNX",
        "precision": "int8",
        "bytes": 2200000,
        "milliseconds": 0.557,
        "disagreements": 3,
        "errors": 1117,
    },
]


def test_missing_packages_are_named_with_the_verb_that_installs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "tf2onnx" else name)
    with pytest.raises(PipelineError, match="^tf2onnx: not installed; `make export` installs it$"):
        command.main(argparse.Namespace(run=None, images=10))


def test_what_is_not_here_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PipelineError, match=r"^params.yaml: runs.nonsense is unknown \(known: "):
        command.find_source("nonsense")
    monkeypatch.setattr("tools.predict.run_dir", lambda run: tmp_path)
    monkeypatch.setattr(command, "run_dir", lambda run: tmp_path)
    with pytest.raises(PipelineError, match="^results/runs/vgg-plain/model.keras: not found; run `dvc checkout`"):
        command.find_source("vgg-plain")
    (tmp_path / "model.keras").touch()
    (tmp_path / "environment.json").write_text(json.dumps(ENVIRONMENT))
    for text in ("", "b" * 32):
        (tmp_path / "card.md").write_text(text)
        with pytest.raises(
            PipelineError, match="^vgg-plain: it has no card.md, or that of another training; run `dvc "
        ):
            command.find_source("vgg-plain")
    (tmp_path / "card.md").write_text("a" * 32)
    assert command.find_source("vgg-plain").training_id == "a" * 32


def test_a_folder_is_replaced_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    def write(text: str, *names: str) -> None:
        with command.new_folder(tmp_path / "exports/vgg") as folder:
            for name in names:
                (folder / name).write_text(text)
            if not names:
                raise OSError("no space")

    def found() -> dict[str, str]:
        return {path.name: path.read_text() for path in (tmp_path / "exports").rglob("*") if path.is_file()}

    with pytest.raises(OSError, match="no space"):
        write("first")
    assert list((tmp_path / "exports").iterdir()) == []
    write("first", "a", "b")
    with pytest.raises(OSError, match="no space"):
        write("second")
    assert found() == {"a": "first", "b": "first"}
    write("second", "a")
    assert found() == {"a": "second"}
    assert [path.name for path in (tmp_path / "exports").iterdir()] == ["vgg"]


def test_whatever_a_library_raises_is_one_line(capfd: pytest.CaptureFixture) -> None:
    said = r"^a.onnx: cannot be written or run \(no kernel for it\)$"
    with pytest.raises(PipelineError, match=said), formats.working_on(Path("somewhere/a.onnx")):
        os.write(2, b"a notice")
        raise RuntimeError("no kernel\nfor it")
    with pytest.raises(OSError, match="full"), formats.working_on(Path("a.onnx")):
        raise OSError("full")
    assert capfd.readouterr().err == ""


def test_the_table() -> None:
    cells = [re.split(r" *\| *", line.strip("| ")) for line in command.table(ROWS).splitlines()]
    assert cells[0] == ["format", "precision", "bytes", "ms per image", "disagreements", "errors"]
    assert cells[2] == ["Keras", "float32", "8,583,734", "9.50", "0", "118"]
    assert cells[3] == ["ONNX", "int8", "2,200,000", "0.56", "3", "1,117"]
