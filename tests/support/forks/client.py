"""Have the server run `python -m MODULE …` with this process's streams, folder and environment; ends as it does."""

import contextlib
import json
import os
import signal
import socket
import sys

REFUSED = 250  # or there is no server


def main() -> int:
    """Send the request and wait for the exit status."""
    request = {"argv": sys.argv[2:], "folder": os.getcwd(), "environment": dict(os.environ)}
    with socket.socket(socket.AF_UNIX) as server:
        if server.connect_ex(os.environ["TESTS_FORKS"]):
            return REFUSED
        socket.send_fds(server, [b"\n"], [0, 1, 2])
        server.sendall(json.dumps(request).encode() + b"\n")
        answers = server.makefile()
        started = answers.readline()
        if not started:
            return REFUSED
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, _: send(int(started), number))
        return int(answers.readline())


def send(process: int, number: int) -> None:
    """Pass a signal on to a process, which may have ended, and to what it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, number)


if __name__ == "__main__":
    os._exit(main())
