"""When a training must stop before its end: a signal, or the death of the `dvc` that started it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


class Stop:
    """Asked between two steps; true from the moment that somebody wants the training to end."""

    def __init__(self) -> None:
        self.signal: int | None = None
        self.parent = next((process for process in psutil.Process().parents() if _is_dvc(process)), None)
        self.orphan = "DVC_STAGE" in os.environ and self.parent is None  # dvc died before this could look for it

    def reason(self) -> str | None:
        """Why to stop now, None to go on."""
        if self.signal is not None:
            return signal.Signals(self.signal).name
        if self.orphan or (self.parent is not None and not _alive(self.parent)):
            return "the dvc process that started this training is gone"
        return None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Let SIGINT and SIGTERM ask politely; a second one ends the process at once."""
        former = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    def _ask(self, number: int, frame: object) -> None:
        if self.signal is not None:
            os._exit(128 + number)
        self.signal = number


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _is_dvc(process: psutil.Process) -> bool:
    try:
        return any(os.path.basename(word) == "dvc" for word in process.cmdline()[:3])
    except psutil.Error:
        return False
