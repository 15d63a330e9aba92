"""Notice that a training must stop early: a signal, or the death of the `dvc` process that started it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


class InterruptHandler:
    """Asked between two steps why to stop; create it at the start of the process, while its parent is alive."""

    def __init__(self) -> None:
        self.signal: int | None = None
        self.parent = next((process for process in psutil.Process().parents() if _is_dvc(process)), None)
        self.orphan = "DVC_STAGE" in os.environ and self.parent is None  # dvc died before this could look for it

    def stop_reason(self) -> str | None:
        """Why to stop now; None to continue."""
        if self.signal is not None:
            return signal.Signals(self.signal).name
        if self.orphan or (self.parent is not None and not _is_alive(self.parent)):
            return "the dvc process that started this training is gone"
        return None

    @contextmanager
    def install(self) -> Iterator[None]:
        """Let SIGINT and SIGTERM ask the block to stop; a second one ends the process at once."""
        former = {number: signal.signal(number, self._handle) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    def _handle(self, number: int, frame: object) -> None:
        if self.signal is not None:
            os._exit(128 + number)
        self.signal = number


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _is_dvc(process: psutil.Process) -> bool:
    try:
        return any(os.path.basename(word) == "dvc" for word in process.cmdline()[:3])
    except psutil.Error:
        return False
