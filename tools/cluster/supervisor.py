"""Run a command that ends with whoever started it: `python -m tools.cluster.leash FOLDER COMMAND …`.

Standard input is a pipe that nobody writes to. It closes when the process at its other end is gone, however that died;
then the command is asked to stop, after a while made to stop, and FOLDER, its checkout, removed.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

GRACE = 60.0  # seconds for a training to write its checkpoint


def apart(folder: str, command: list[str]) -> int:
    """`main` in a process that is neither a child of whoever started this one nor in its group; its exit status.

    Ray kills a worker's children with the worker, and this one is there to end the training after that.
    """
    pid = os.fork()
    if pid == 0:
        os.setsid()
        return main(folder, command)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main(folder: str, command: list[str]) -> int:
    """Run the command, then end what it left running; return its exit status, 128 and the signal if it was killed."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    abandoned = threading.Event()

    def watch() -> None:
        os.read(0, 1)
        abandoned.set()
        _signal(child.pid, signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
    status = child.wait()
    if not abandoned.is_set():
        _signal(child.pid, signal.SIGTERM)
    until = time.monotonic() + GRACE
    while _signal(child.pid, 0) and time.monotonic() < until:
        time.sleep(0.1)
    _signal(child.pid, signal.SIGKILL)
    if abandoned.is_set():
        shutil.rmtree(folder, ignore_errors=True)
    return status if status >= 0 else 128 - status


def _signal(group: int, number: int) -> bool:
    """Send a signal to every process of the group; whether there is one."""
    with suppress(ProcessLookupError):
        os.killpg(group, number)
        return True
    return False


if __name__ == "__main__":
    sys.exit(apart(sys.argv[1], sys.argv[2:]))
