"""Fetching from servers that answer wrongly, slowly, elsewhere or as somebody else: nothing of it is kept."""

import gzip
import hashlib
import time

import pytest

from pipeline import fetch
from tests.support import mirror
from tests.support.https import serve
from tests.support.mirror import CONTENT, FIRST, held, refused, settings


@pytest.fixture
def server(tmp_path_factory, monkeypatch):
    with mirror.started(tmp_path_factory.mktemp("mirror"), monkeypatch) as server:
        yield server


def cut_short(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(gzip.compress(CONTENT[FIRST])[:100])


WRONG = bytes(len(CONTENT[FIRST]))
LONGER = CONTENT[FIRST] + b"!"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (gzip.compress(WRONG), f"SHA-256 {hashlib.sha256(WRONG).hexdigest()}, expected "),
        (gzip.compress(LONGER), "more than 5120 bytes, expected 5120"),
        (gzip.compress(CONTENT[FIRST][:5000]), "5000 bytes, expected 5120"),
        (gzip.compress(CONTENT[FIRST])[:100], "gzip data cut short after 100 bytes"),
        (gzip.compress(CONTENT[FIRST]) + gzip.compress(b"more"), "24 bytes too many after the gzip data"),
        (gzip.compress(CONTENT[FIRST]) + b"x", "1 bytes too many after the gzip data"),
        (gzip.compress(bytes(50_000_000)), "more than 5120 bytes, expected 5120"),
        (bytes(80_000), "more than 70656 bytes of compressed data"),
        (b"<html>Not here</html>", "not sound gzip data, it starts with b'<html>Not here</html'"),
        (cut_short, "IncompleteRead(100 bytes read, 4900 more expected)"),
    ],
    ids=["hash", "longer", "shorter", "truncated", "member", "trailing", "bomb", "large", "page", "broken"],
)
def test_wrong_content_is_refused(server, tmp_path, answer, said):
    server.routes[f"/mnist/{FIRST}.gz"] = answer
    assert said in refused(tmp_path / "raw", server.address + "mnist/")


def test_a_stalled_server_is_left_after_the_timeout(server, tmp_path):
    server.routes[f"/mnist/{FIRST}.gz"] = lambda _: server.over.wait(20)
    start = time.monotonic()
    assert "timed out" in refused(tmp_path / "raw", server.address + "mnist/", timeout=0.3)
    assert time.monotonic() - start < 3


def drip_body(handler):
    handler.send_response(200)
    handler.end_headers()
    drip_headers(handler)


def drip_headers(handler):
    while not handler.server.over.wait(0.05):
        handler.wfile.write(b"x")


@pytest.mark.parametrize("drip", [drip_body, drip_headers])
def test_a_dripping_server_is_left_after_the_limit(server, tmp_path, monkeypatch, drip):
    monkeypatch.setattr(fetch, "SLOWEST", 10_000)  # so the limit is 0.5 + 0.6 seconds
    server.routes[f"/mnist/{FIRST}.gz"] = drip
    start = time.monotonic()
    assert "not finished after 1 s" in refused(tmp_path / "raw", server.address + "mnist/", timeout=0.5)
    assert time.monotonic() - start < 4


def test_a_redirect_is_followed_over_https_only(server, tmp_path):
    plain = serve()
    plain.routes = server.routes.copy()

    def redirect(base):
        def answer(handler):
            handler.send_response(302)
            handler.send_header("Location", f"{base}mnist{handler.path.removeprefix('/moved')}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        return answer

    for name in CONTENT:
        server.routes[f"/moved/{name}.gz"] = redirect(plain.address)
    assert "redirects away from https: " in refused(tmp_path / "raw", server.address + "moved/")
    assert plain.asked == []
    plain.shutdown()
    plain.server_close()
    for name in CONTENT:
        server.routes[f"/moved/{name}.gz"] = redirect(server.address)
    fetch.fetch(settings(server.address + "moved/"), tmp_path / "raw")
    assert held(tmp_path / "raw") == CONTENT


def test_an_unknown_certificate_is_refused(server, tmp_path, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert "certificate verify failed" in refused(tmp_path / "raw", server.address + "mnist/")
    assert server.asked == []
