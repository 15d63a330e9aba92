"""Run a command and stop it when its parent process dies: `python -m tools.cluster.supervisor FOLDER COMMAND …`.

Standard input is a pipe on which nothing is written; it closes when the process at its other end dies. Then the command
is asked to stop, killed if it has not stopped after `GRACE`, and FOLDER, its checkout, is deleted.
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


def supervise(folder: str, command: list[str]) -> int:
    """Run the command and end all that it started; return its exit status, 128 + signal if a signal killed it."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    abandoned = threading.Event()

    def watch() -> None:
        os.read(0, 1)
        abandoned.set()
        send_signal(child.pid, signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
    status = child.wait()
    if not abandoned.is_set():
        send_signal(child.pid, signal.SIGTERM)
    until = time.monotonic() + GRACE
    while send_signal(child.pid, 0) and time.monotonic() < until:
        time.sleep(0.1)
    send_signal(child.pid, signal.SIGKILL)
    if abandoned.is_set():
        shutil.rmtree(folder, ignore_errors=True)
    return status if status >= 0 else 128 - status


def send_signal(group: int, number: int) -> bool:
    """Send a signal to a process group; False if the group has no process left."""
    with suppress(ProcessLookupError):
        os.killpg(group, number)
        return True
    return False


if __name__ == "__main__":
    # Ray kills a worker's children with it, so the supervisor is a grandchild in a session of its own.
    pid = os.fork()
    if pid == 0:
        os.setsid()
        sys.exit(supervise(sys.argv[1], sys.argv[2:]))
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
