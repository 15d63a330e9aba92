"""The champion served over HTTP: `make serve`, and `mlflow models serve` with MLflow's alias."""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.champion import promoted
from tests.support.serving import serving
from tests.support.workspace import Workspace

pytestmark = pytest.mark.slow

BY_ALIAS = ("mlflow", "models", "serve", "-m", "models:/mnist@champion", "--env-manager", "local")
BY_ALIAS += ("--host", "127.0.0.1", "--port")
WAIT = 120  # seconds, at most, for the server to answer


@pytest.fixture(scope="module")
def workspace(finished: Workspace) -> Iterator[Workspace]:
    with promoted(finished):
        yield finished


def check(address: str, workspace: Workspace) -> None:
    """It takes raw pixels and returns the probabilities of the evaluation."""
    with np.load(workspace.root / "data/processed/test.npz", allow_pickle=False) as arrays:
        images = arrays["images"][:3]
    assert images.dtype == np.uint8
    body = json.dumps({"inputs": images.tolist()}).encode()
    request = urllib.request.Request(f"{address}/invocations", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        served = json.load(answer)["predictions"]
    run = json.loads((workspace.root / "champion/champion.json").read_text())["champion"]["run"]
    expected = np.load(workspace.results(run) / "probabilities.npy", allow_pickle=False)[:3]
    np.testing.assert_allclose(served, expected, rtol=1e-4, atol=1e-6)


def check_refusals(address: str) -> None:
    """What is no pixel from 0 to 255 is answered by 400 and a line that says so."""
    for value in (0.5, 1, True, "7", None, 256, -1):
        body = json.dumps({"inputs": [[[[value]] * 28] * 28]}).encode()
        request = urllib.request.Request(f"{address}/invocations", body, {"Content-Type": "application/json"})
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(request, timeout=60)
        assert error.value.code == 400, value
        assert "pixels are 0 to 255" in json.load(error.value)["message"]


def test_the_alias_is_served_by_mlflow(workspace: Workspace) -> None:
    environment = {"MLFLOW_TRACKING_URI": f"sqlite:///{workspace.root}/mlflow.db"}
    with serving(workspace, *BY_ALIAS, ready="/ping", wait=WAIT, **environment) as (address, _):
        check(address, workspace)


def test_the_file_is_served_without_mlflows_database(workspace: Workspace, prepared: Workspace, tmp_path: Path) -> None:
    bare = prepared.copy(tmp_path / "bare")
    (bare.root / "champion").mkdir()
    for path in (workspace.root / "champion").iterdir():
        (bare.root / "champion" / path.name).write_bytes(path.read_bytes())
    with serving(bare, "python", "-m", "tools.serve", ready="/ping", wait=WAIT) as (address, log):
        check(address, workspace)
        check_refusals(address)
        log.seek(0)
        printed = log.read()
        assert f"at {address}\n" in printed
        assert f"curl {address}/invocations -H 'Content-Type: application/json'" in printed
        example = printed[printed.index("curl ") :].partition("\nCtrl-C")[0]
        with os.popen(example.replace("curl ", "curl -s ")) as answer:
            assert len(json.load(answer)["predictions"][0]) == 10
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{address}/ping", timeout=5)
    assert not (bare.root / "mlflow.db").exists()
