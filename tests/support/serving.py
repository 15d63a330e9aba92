"""A server of the project, run for as long as a test needs it."""

import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import TextIO

from tests.support.workspace import Workspace


@contextmanager
def serving(
    place: Workspace, *command: str, ready: str, wait: float, **environment: str
) -> Iterator[tuple[str, TextIO]]:
    """Run `command PORT`: its address, and its log, once `ready` answers there, within `wait` seconds.

    At the end the command itself gets SIGTERM; what is still running after 30 seconds is killed.
    """
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile("w+") as log:
        server = subprocess.Popen(
            [*command, port],
            cwd=place.root,
            env=place.environment(environment),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait(server, f"{address}{ready}", wait, log)
            yield address, log
        finally:
            server.terminate()
            with suppress(subprocess.TimeoutExpired):
                server.wait(30)
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _wait(server: subprocess.Popen, address: str, seconds: float, log: TextIO) -> None:
    until = time.monotonic() + seconds
    while True:
        with suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:
            assert answer.status == 200
            return
        if server.poll() is not None or time.monotonic() > until:
            log.seek(0)
            raise AssertionError(f"the server does not answer:\n{log.read()}")
        time.sleep(0.5)
