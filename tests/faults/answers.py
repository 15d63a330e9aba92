"""How a bad server answers a request for a file; `good` is what it should have sent."""

import gzip
from collections.abc import Callable
from typing import Any


def truncated(handler: Any, good: bytes) -> None:
    """Announce the whole file, send half of it."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(good)))
    handler.end_headers()
    handler.wfile.write(good[: len(good) // 2])


def stalled(handler: Any, good: bytes) -> None:
    """Send half of it, then nothing more."""
    truncated(handler, good)
    handler.wfile.flush()
    handler.server.over.wait(600)


def page(handler: Any, good: bytes) -> None:
    """A friendly page, with status 200."""
    body = b"<!doctype html><title>Not found</title>"
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def absent(handler: Any, good: bytes) -> None:
    """A 404."""
    handler.send_error(404)


def plain_http(handler: Any, good: bytes) -> None:
    """To the same place without encryption."""
    handler.send_response(302)
    handler.send_header("Location", f"http://127.0.0.1:{handler.server.server_port}{handler.path}")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def body(change: Callable[[bytes], bytes]) -> Callable[[Any, bytes], None]:
    """An answer whose content is the right one, changed."""

    def answer(handler: Any, good: bytes) -> None:
        content = change(gzip.decompress(good))
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer
