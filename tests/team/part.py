"""A process of the team's: started, asked whether it answers, stopped."""

import os
import signal
import subprocess
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from deploy.bucket import free_port

WAIT = 600  # seconds, at most, until a part answers


class Part:
    """A process that is started, asked whether it answers, and stopped; subclasses say how."""

    command: list[str]
    environment: dict[str, str]
    user: str | None = None
    ending = signal.SIGTERM

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()

    def start(self) -> None:
        """Start, and wait until it answers."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "AWS_", "PG"))}
        log = self.folder / f"{type(self).__name__.lower()}.log"
        with log.open("a") as stream:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=kept | self.environment,
                stdout=stream,
                stderr=stream,
                user=self.user,
                start_new_session=True,
            )
        until = time.monotonic() + WAIT
        while not self.answers():
            assert self.process.poll() is None, log.read_text()
            assert time.monotonic() < until, f"no answer:\n{log.read_text()}"
            time.sleep(0.5)

    def answers(self) -> bool:
        """Whether its health check succeeds."""
        with (
            suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}{self.health}", timeout=4) as answer,
        ):
            return answer.status == 200
        return False

    def stop(self) -> None:
        """Ask it to end, and wait until it and its children have."""
        self.process.send_signal(self.ending)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
