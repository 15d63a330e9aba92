"""Have the server run `python -m MODULE …` with this process's streams, folder and environment; ends as it does."""

import contextlib
import json
import os
import socket
import sys

REFUSED = 250  # or there is no server


def main() -> int:
    """Send the request and wait for the exit status."""
    request = {"argv": sys.argv[2:], "folder": os.getcwd(), "environment": dict(os.environ)}
    with socket.socket(socket.AF_UNIX) as server, contextlib.suppress(OSError):
        server.connect(os.environ["TESTS_FORKS"])
        socket.send_fds(server, [b"\n"], [0, 1, 2])
        server.sendall(json.dumps(request).encode() + b"\n")
        return int(server.makefile().readline() or REFUSED)
    return REFUSED


if __name__ == "__main__":
    os._exit(main())
