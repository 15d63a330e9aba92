"""The one place where whatever goes wrong in talking to MLflow becomes an error of one line, within a limited time."""

import sqlite3
import threading
from collections.abc import Callable
from typing import Any

from urllib3.exceptions import HTTPError

from pipeline.core.errors import PipelineError, reason
from pipeline.tracking import address

PATIENCE = 600.0  # seconds for one step of a command that a person started, such as the upload of a large model


class TrackingError(PipelineError):
    """The tracking server cannot be reached, answers nonsense, is too slow, or its address is wrong."""


class Call:
    """A call in a thread of its own; one that takes too long is left behind, and ends with the process at the latest.

    Only so can a server that sends a byte a second be left: the time-outs of HTTP clients count from the last byte.
    """

    def __init__(self, work: Callable[[], Any]) -> None:
        self.work = work
        self.result: Any = None
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, daemon=True, name="tracking")
        self.thread.start()

    def _run(self) -> None:
        try:
            self.result = self.work()
        except BaseException as error:  # of any type: a server may answer anything
            self.error = error

    def wait(self, seconds: float) -> Any:
        """The result; TrackingError if it is not there after `seconds`, or if the call failed."""
        self.thread.join(max(seconds, 0.0))
        if self.thread.is_alive():
            raise TrackingError(f"{address.place()}: it takes too long")
        if isinstance(self.error, PipelineError):
            raise self.error
        if self.error is not None:
            raise TrackingError(f"{address.place()}: {address.masked(reason(_cause(self.error)))}") from self.error
        return self.result


def within(seconds: float, work: Callable[..., Any], *arguments: Any) -> Any:
    """The result of `work(*arguments)`.

    Raises:
        TrackingError: it failed, for whatever reason, or did not end within `seconds`.
        PipelineError: it raised one, such as for a damaged file of this project.
    """
    return Call(lambda: work(*arguments)).wait(seconds)


def _cause(error: BaseException) -> BaseException:
    """The error of the network or the database that caused this one, such as 'Connection refused', if there is one."""
    root = error
    while root.__context__ is not None:
        root = root.__context__
    return root if isinstance(root, OSError | sqlite3.Error | HTTPError) else error
