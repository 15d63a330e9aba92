"""The champion behind `mlflow models serve` answers a POST of raw pixels."""

import json
import urllib.request
from collections.abc import Iterator

import numpy as np
import pytest

from tests.champion import promoted
from tests.serving import serving
from tests.workspace import Workspace

COMMAND = ("mlflow", "models", "serve", "-m", "models:/mnist@champion", "--env-manager", "local")
WAIT = 120  # seconds, at most, for the server to answer


@pytest.fixture
def address(finished: Workspace) -> Iterator[str]:
    """The address at which the champion is served, on this machine only."""
    command = (*COMMAND, "--host", "127.0.0.1", "--port")
    with promoted(finished), serving(finished, *command, ready="/ping", wait=WAIT) as (served, _):
        yield f"{served}/invocations"


def test_raw_pixels_in_probabilities_out(address: str, finished: Workspace) -> None:
    with np.load(finished.root / "data/processed/test.npz", allow_pickle=False) as arrays:
        images = arrays["images"][:3]
    assert images.dtype == np.uint8
    body = json.dumps({"inputs": images.tolist()}).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        served = json.load(answer)["predictions"]
    run = json.loads((finished.root / "champion.json").read_text())["champion"]["run"]
    expected = np.load(finished.results(run) / "probabilities.npy", allow_pickle=False)[:3]
    np.testing.assert_allclose(served, expected, rtol=1e-4, atol=1e-6)
