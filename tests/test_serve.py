"""The champion behind `mlflow models serve` answers a POST of raw pixels."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest

from tests.champion import promoted
from tests.workspace import Workspace

WAIT = 120  # seconds, at most, for the server to answer


@pytest.fixture
def address(finished: Workspace, tmp_path: Path) -> Iterator[str]:
    """The address at which the champion is served, on this machine only."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["mlflow", "models", "serve", "-m", "models:/mnist@champion", "--env-manager", "local"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    with promoted(finished), (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=finished.root, env=finished.environment({}), stdout=log, stderr=log, start_new_session=True
        )
        try:
            wait(server, f"http://127.0.0.1:{port}/ping", tmp_path / "log")
            yield f"http://127.0.0.1:{port}/invocations"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def wait(server: subprocess.Popen, address: str, log: Path) -> None:
    until = time.monotonic() + WAIT
    while True:
        with suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:
            assert answer.status == 200
            return
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < until, f"no answer:\n{log.read_text()}"
        time.sleep(0.5)


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
