"""What models say of real digits: `python -m tools.predict` on pictures, `mlflow models serve` on raw pixels."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.core.paths import ROOT
from pipeline.raw import idx
from tests.support.champion import promoted
from tests.support.serving import serving
from tests.support.workspace import Workspace

DIGITS = idx.read_images(ROOT / "tests/data/t10k-images-idx3-ubyte").reshape(-1, 28, 28)
SERVE = ("mlflow", "models", "serve", "-m", "models:/mnist@champion", "--env-manager", "local")
SERVE += ("--host", "127.0.0.1", "--port")
WAIT = 120  # seconds, at most, for the server to answer
BLOCK = """
import runpy, sys
for name in sys.argv.pop(1).split(","):
    sys.modules[name] = None  # importing it is an error
runpy.run_module("tools.predict", run_name="__main__", alter_sys=True)
"""
NO_PICKLE = """
import pickle, runpy, sys
import numpy, keras, mlflow.keras  # what they do while they are imported is their own affair

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


def probabilities(workspace: Workspace, run: str) -> np.ndarray:
    """What the evaluation found for the first three test images, whose pictures these are."""
    return np.load(workspace.results(run) / "probabilities.npy", allow_pickle=False)[:3]


def test_without_a_champion_it_says_what_to_do(finished: Workspace, pictures: list[str]) -> None:
    done = finished.run("python", "-m", "tools.predict", *pictures, check=False, MLFLOW_TRACKING_URI="sqlite://")
    assert done.returncode == 1
    assert done.stderr == "error: MLflow has no models:/mnist@champion; run `make promote`, or `make sync`\n"


def test_the_champion_says_what_it_said_of_the_originals_and_unpickles_nothing(
    workspace: Workspace, pictures: list[str]
) -> None:
    champion = json.loads((workspace.root / "champion.json").read_text())["champion"]["run"]
    rows = json.loads(workspace.run("python", "-c", NO_PICKLE, "--json", *pictures).stdout)
    expected = probabilities(workspace, champion)
    assert [row["file"] for row in rows] == pictures
    assert [row["digit"] for row in rows] == expected.argmax(axis=1).tolist()
    np.testing.assert_allclose([row["probabilities"] for row in rows], expected, atol=0.01)
    assert [row["probability"] for row in rows] == [max(row["probabilities"]) for row in rows]


def test_a_run_by_name_needs_no_mlflow_and_what_is_no_picture_stops_no_other(
    finished: Workspace, pictures: list[str], tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("no picture")
    wrong = [str(tmp_path / "text.png"), "missing.png"]
    done = finished.run("python", "-c", BLOCK, "mlflow", "--run", "lenet-dropout", *pictures, *wrong, check=False)
    assert done.returncode == 1
    expected = probabilities(finished, "lenet-dropout")
    width = max(map(len, pictures))
    for line, picture, row in zip(done.stdout.splitlines(), pictures, expected, strict=True):
        assert line[: width + 5] == f"{picture:{width}}  {row.argmax()}  "
        assert float(line[width + 5 :].rstrip("%")) == pytest.approx(100 * row.max(), abs=1)
    assert [line.split(": ")[:2] for line in done.stderr.splitlines()] == [["error", name] for name in wrong]
    done = finished.run(
        "python", "-m", "tools.predict", "--json", "--run", "lenet-dropout", pictures[0], *wrong, check=False
    )
    assert done.returncode == 1
    rows = json.loads(done.stdout)
    assert [row["file"] for row in rows] == [pictures[0], *wrong]
    assert [sorted(row) for row in rows][1:] == [["error", "file"], ["error", "file"]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.png"], "error: missing.png: No such file or directory; expected a picture of a digit"),
        (["--run", "lenet-dropuot", "missing.png"], "runs.lenet-dropuot is unknown; did you mean 'lenet-dropout'?"),
    ],
)
def test_mistakes_come_before_tensorflow_is_imported(finished: Workspace, arguments: list[str], said: str) -> None:
    done = finished.run("python", "-c", BLOCK, "tensorflow,keras,mlflow", *arguments, check=False)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.fixture
def address(workspace: Workspace) -> Iterator[str]:
    """The address at which the champion is served, on this machine only."""
    with serving(workspace, *SERVE, ready="/ping", wait=WAIT) as (served, _):
        yield f"{served}/invocations"


def test_served_it_takes_raw_pixels_and_gives_probabilities(address: str, workspace: Workspace) -> None:
    with np.load(workspace.root / "data/processed/test.npz", allow_pickle=False) as arrays:
        images = arrays["images"][:3]
    assert images.dtype == np.uint8
    body = json.dumps({"inputs": images.tolist()}).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        served = json.load(answer)["predictions"]
    run = json.loads((workspace.root / "champion.json").read_text())["champion"]["run"]
    np.testing.assert_allclose(served, probabilities(workspace, run), rtol=1e-4, atol=1e-6)
