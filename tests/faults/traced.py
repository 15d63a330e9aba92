"""A stage that is run again and again, each time watched or killed by strace at a call of one's choice."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.bench import PATIENCE
from tests.faults.calls import NAMES, Call
from tests.faults.table import Impossible
from tests.support.workspace import Workspace

KEEPING_QUIET = ("-qq", "-y", "-s", "0")


@dataclass(frozen=True)
class Traced:
    """A process with the stage's libraries, whose forks run the stage; `output` is what the last one printed."""

    process: subprocess.Popen[str]
    output: Path

    def run(self) -> int:
        """Run the stage undisturbed; its exit status."""
        return self._run(None)

    def listed(self, log: Path) -> int:
        """Run the stage, listing its calls in `log`."""
        return self._run(["-e", f"trace={','.join(f'?{name}' for name in NAMES)}", "-o", str(log)])

    def killed(self, call: Call) -> int:
        """Run the stage and kill it as it makes that call, which then does nothing."""
        inject = f"inject={call.name}:signal=KILL:when={call.number}"
        return self._run(["-e", f"trace={call.name}", "-e", inject, "-o", os.devnull])

    def _run(self, options: list[str] | None) -> int:
        self._say()
        child = int(self._hear())
        _wait(lambda: _status(child, "State").startswith("T"), "the stage to stop before it begins")
        tracer = None
        if options is not None:
            tracer = subprocess.Popen(["strace", *KEEPING_QUIET, *options, "-p", str(child)], stderr=subprocess.PIPE)
            _wait(lambda: _status(child, "TracerPid") != "0" or tracer.poll() is not None, "strace to attach")
            if tracer.poll() is not None:
                os.kill(child, signal.SIGKILL)
                self._hear()
                raise Impossible(f"strace cannot attach: {tracer.communicate()[1].decode().strip()}")
        os.kill(child, signal.SIGCONT)
        status = int(self._hear())
        if tracer:
            tracer.communicate()
        return status

    def _say(self) -> None:
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def _hear(self) -> str:
        line = self.process.stdout.readline()
        assert line, f"the process with the libraries is gone: {self.output.read_text()}"
        return line.strip()


@contextmanager
def traced(place: Workspace, command: tuple[str, ...], libraries: tuple[str, ...], output: Path) -> Iterator[Traced]:
    """Start the process in `place`; `output` must lie outside."""
    if not shutil.which("strace"):
        raise Impossible("no strace command")
    words = ("python", "-m", "tests.support.warm", str(output), ",".join(libraries), *command)
    process = subprocess.Popen(
        words,
        cwd=place.root,
        env=place.environment({"PYTHONDONTWRITEBYTECODE": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        made = Traced(process, output)
        made._hear()
        yield made
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _status(process: int, key: str) -> str:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(line.partition(":")[2].strip() for line in lines if line.startswith(f"{key}:"))


def _wait(happened, what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, f"waited {PATIENCE:.0f} s in vain for {what}"
        time.sleep(0.01)
