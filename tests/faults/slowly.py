"""A relay in front of a server on this machine, which hands on every answer late."""

import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def relayed(port: int, delay: float) -> Iterator[int]:
    """The port of a relay to `port`, which holds back every piece of an answer for `delay` seconds."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", port)) as server:
                threading.Thread(target=_pass_on, args=(self.request, server, 0), daemon=True).start()
                _pass_on(server, self.request, delay)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as relay:
        relay.daemon_threads, relay.block_on_close = True, False
        threading.Thread(target=relay.serve_forever, args=(0.02,), daemon=True).start()
        yield relay.server_address[1]
        relay.shutdown()


def _pass_on(source: socket.socket, target: socket.socket, delay: float) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            time.sleep(delay)
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
