"""MLflow's pages, served by `make ui` for as long as a test needs them."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TextIO

from tests.workspace import Workspace

WAIT = 300  # seconds, at most, for the server to answer


@contextmanager
def served(root: Path) -> Iterator[str]:
    """What `make ui` serves of the project in `root`: the address that it printed, once something answers there."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryFile("w+") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "tools.ui", str(port)],
            cwd=root,
            env=Workspace(root).environment({}),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield _address(server, port, log)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _address(server: subprocess.Popen, port: int, log: TextIO) -> str:
    until = time.monotonic() + WAIT
    while True:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
            break
        ended, late = server.poll() is not None, time.monotonic() > until
        if ended or late:
            log.seek(0)
            raise AssertionError(f"the server does not answer:\n{log.read()}")
        time.sleep(0.5)
    log.seek(0)
    return re.search(rf"http://127.0.0.1:{port}/#\S+", log.read())[0]
