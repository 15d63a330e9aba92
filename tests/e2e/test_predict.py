"""What models say of real digits: `python -m tools.predict` on pictures."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.core.paths import ROOT
from pipeline.raw import idx
from tests.support.champion import promote, promoted
from tests.support.workspace import Workspace

pytestmark = pytest.mark.slow

RUN = "lenet-dropout"
DIGITS = idx.read_images(ROOT / "tests/data/t10k-images-idx3-ubyte").reshape(-1, 28, 28)
BLOCK = """
import runpy, sys
for name in sys.argv.pop(1).split(","):
    sys.modules[name] = None  # importing it is an error
runpy.run_module("tools.predict", run_name="__main__", alter_sys=True)
"""
NO_PICKLE = """
import pickle, runpy, sys
import numpy, keras  # they may unpickle while they are imported
sys.modules["mlflow"] = None

def refuse(*arguments, **options):
    raise AssertionError("something was unpickled")

class Unpickler(pickle.Unpickler):
    def __init__(self, *arguments, **options):
        refuse()

pickle.load = pickle.loads = pickle._load = pickle._loads = refuse
pickle.Unpickler = pickle._Unpickler = Unpickler
runpy.run_module("tools.predict", run_name="__main__", alter_sys=True)
"""


@pytest.fixture(scope="module")
def workspace(finished: Workspace) -> Iterator[Workspace]:
    with promoted(finished):
        yield finished


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("pictures")
    names = ["a.png", "long name.bmp", "c.webp"]
    for name, pixels in zip(names, DIGITS, strict=False):
        enlarged = Image.fromarray(255 - pixels).resize((196, 196), Image.Resampling.NEAREST)
        enlarged.convert("RGB").save(folder / name, **({"lossless": True} if name.endswith("webp") else {}))
    return [str(folder / name) for name in names]


def expected(workspace: Workspace, run: str) -> np.ndarray:
    """The probabilities that the evaluation found for the first three test images, which the pictures show."""
    return np.load(workspace.results(run) / "probabilities.npy", allow_pickle=False)[:3]


def predicted(workspace: Workspace, *arguments: str) -> list[dict]:
    """What tools.predict prints."""
    return json.loads(workspace.run("python", "-m", "tools.predict", "--json", *arguments).stdout)


def check(rows: list[dict], probabilities: np.ndarray) -> None:
    assert [row["digit"] for row in rows] == probabilities.argmax(axis=1).tolist()
    np.testing.assert_allclose([row["probabilities"] for row in rows], probabilities, atol=0.01)
    assert [row["probability"] for row in rows] == [max(row["probabilities"]) for row in rows]


@pytest.mark.parametrize("options", [(), ("--run", RUN)])
def test_a_model_predicts_as_in_its_evaluation_without_mlflow_or_pickle(
    options: tuple[str, ...], workspace: Workspace, pictures: list[str]
) -> None:
    champion = json.loads((workspace.root / "champion/champion.json").read_text())["champion"]["run"]
    rows = json.loads(workspace.run("python", "-c", NO_PICKLE, "--json", *options, *pictures).stdout)
    assert [row["file"] for row in rows] == pictures
    check(rows, expected(workspace, RUN if options else champion))


def test_a_clone_predicts_with_the_committed_champion_then_with_its_own(
    finished: Workspace, pictures: list[str], tmp_path: Path
) -> None:
    origin = finished.copy(tmp_path / "origin")
    promote(origin, RUN)
    origin.commit()
    subprocess.run(["git", "clone", "-q", origin.root, tmp_path / "clone"], check=True)
    clone = Workspace(tmp_path / "clone")
    committed = predicted(clone, *pictures)
    check(committed, expected(origin, RUN))
    assert not (clone.root / "mlflow.db").exists()
    assert clone.run("git", "status", "--porcelain").stdout == ""

    clone.run("dvc", "config", "--local", "core.site_cache_dir", str(tmp_path / "site-cache"))
    clone.edit(lambda values: values["runs"][RUN].update(seed=5))
    clone.run("dvc", "repro", f"draw@{RUN}")
    assert predicted(clone, *pictures) == committed
    before = json.loads((clone.root / "champion/champion.json").read_text())
    assert "mnist@champion" in promote(clone, RUN)
    now = json.loads((clone.root / "champion/champion.json").read_text())
    assert now["previous"] == before["champion"]
    own = predicted(clone, *pictures)
    assert own != committed
    check(own, expected(clone, RUN))
    assert own == predicted(clone, "--run", RUN, *pictures)


def test_a_run_by_name_and_files_that_are_no_pictures(finished: Workspace, pictures: list[str], tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    wrong = [str(tmp_path / "text.png"), "missing.png"]
    done = finished.run("python", "-c", BLOCK, "mlflow", "--run", RUN, *pictures, *wrong, check=False)
    assert done.returncode == 1
    width = max(map(len, pictures))
    for line, picture, row in zip(done.stdout.splitlines(), pictures, expected(finished, RUN), strict=True):
        assert re.match(rf"{re.escape(f'{picture:{width}}')}  (probably )?{row.argmax()}(  | or )", line)
        assert float(line.split()[-1].rstrip("%")) == pytest.approx(100 * row.max(), abs=1)
    assert [line.split(": ")[:2] for line in done.stderr.splitlines()] == [["error", name] for name in wrong]
    done = finished.run("python", "-m", "tools.predict", "--json", "--run", RUN, pictures[0], *wrong, check=False)
    assert done.returncode == 1
    rows = json.loads(done.stdout)
    assert [row["file"] for row in rows] == [pictures[0], *wrong]
    assert [sorted(row) for row in rows][1:] == [["error", "file"], ["error", "file"]]


def refused(workspace: Workspace, *arguments: str) -> str:
    """The line with which tools.predict ends before it imports anything slow."""
    done = workspace.run("python", "-c", BLOCK, "tensorflow,keras,mlflow", *arguments, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    return done.stderr


def test_mistakes_are_found_before_tensorflow_is_imported(workspace: Workspace) -> None:
    assert refused(workspace, "missing.png") == (
        "error: missing.png: No such file or directory; expected a picture of a digit\n"
    )
    unknown = "runs.lenet-dropuot is unknown; did you mean 'lenet-dropout'?"
    assert unknown in refused(workspace, "--run", "lenet-dropuot", "missing.png")


def test_without_an_intact_champion_it_says_so_before_tensorflow_is_imported(
    prepared: Workspace, pictures: list[str], tmp_path: Path, workspace: Workspace
) -> None:
    bare = prepared.copy(tmp_path / "bare")
    assert refused(bare, *pictures).startswith("error: champion/champion.json: not found; run `make promote`")
    (bare.root / "champion").mkdir()
    (bare.root / "champion/champion.json").write_bytes((workspace.root / "champion/champion.json").read_bytes())
    assert refused(bare, *pictures).startswith("error: champion/model.keras: not found, but champion.json names it")
    (bare.root / "champion/model.keras").write_bytes(b"another model")
    assert refused(bare, *pictures).startswith("error: champion/model.keras: its SHA-256 is ")
