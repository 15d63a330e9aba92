"""Fetching from servers that send wrong content, are slow, redirect or have a wrong certificate: no file is written."""

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
    ("answer", "message"),
    [
        (gzip.compress(WRONG), f"SHA-256 {hashlib.sha256(WRONG).hexdigest()}, expected "),
        (gzip.compress(LONGER), "more than 5120 bytes, expected 5120"),
        (gzip.compress(CONTENT[FIRST][:5000]), "5000 bytes, expected 5120"),
        (gzip.compress(CONTENT[FIRST])[:100], "Compressed file ended before the end-of-stream marker was reached"),
        (gzip.compress(CONTENT[FIRST]) + gzip.compress(b"more"), "more than 5120 bytes, expected 5120"),
        (gzip.compress(CONTENT[FIRST]) + b"x", "Not a gzipped file (b'x')"),
        (gzip.compress(bytes(50_000_000)), "more than 5120 bytes, expected 5120"),
        (b"<html>Not here</html>", "Not a gzipped file (b'<h')"),
        (cut_short, "IncompleteRead(100 bytes read, 4900 more expected)"),
    ],
    ids=["hash", "longer", "shorter", "truncated", "member", "trailing", "bomb", "page", "broken"],
)
def test_wrong_content_is_refused(server, tmp_path, answer, message):
    server.routes[f"/mnist/{FIRST}.gz"] = answer
    assert message in refused(tmp_path / "raw", server.address + "mnist/")


def test_a_stalled_server_is_given_up_after_the_timeout(server, tmp_path):
    server.routes[f"/mnist/{FIRST}.gz"] = lambda _: server.over.wait(20)
    start = time.monotonic()
    assert "timed out" in refused(tmp_path / "raw", server.address + "mnist/", timeout=0.3)
    assert time.monotonic() - start < 3


def slow_body(handler):
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(b"\x1f\x8b\x08\x08\0\0\0\0\0\xff")  # gzip data with a file name that does not end
    slow_headers(handler)


def slow_headers(handler):
    while not handler.server.over.wait(0.05):
        handler.wfile.write(b"x")


@pytest.mark.parametrize("answer", [slow_body, slow_headers])
def test_a_slow_server_is_given_up_after_the_time_limit(server, tmp_path, monkeypatch, answer):
    monkeypatch.setattr(fetch, "MIN_SPEED", 10_000)  # so the limit is 0.5 + 0.6 seconds
    server.routes[f"/mnist/{FIRST}.gz"] = answer
    start = time.monotonic()
    assert "not finished after 1 s" in refused(tmp_path / "raw", server.address + "mnist/", timeout=0.5)
    assert time.monotonic() - start < 4


def redirect_to(base):
    """Answers /moved/NAME.gz with a redirect to NAME.gz below `base`, given in the header's encoding."""

    def answer(handler):
        handler.send_response(302)
        handler.send_header("Location", f"{base}{handler.path.removeprefix('/moved/')}")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def test_redirects_are_followed_to_https_only(server, tmp_path):
    with serve() as plain:
        plain.routes = server.routes.copy()
        for name in CONTENT:
            server.routes[f"/moved/{name}.gz"] = redirect_to(f"{plain.address}mnist/")
        assert "redirects away from https: " in refused(tmp_path / "raw", server.address + "moved/")
        assert plain.asked == []
    for name in CONTENT:
        server.routes[f"/moved/{name}.gz"] = redirect_to(f"{server.address}mnist/")
    fetch.fetch(settings(server.address + "moved/"), tmp_path / "raw")
    assert held(tmp_path / "raw") == CONTENT


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("https://[::1/", "Invalid IPv6 URL"),
        ("https://[::1]:x/", "Port could not be cast to integer value as 'x'"),
        ("https://\x80/", "'utf-8' codec can't decode byte 0x80"),
        ("https://a..b/", "encoding with 'idna' codec failed"),
        ("https://127.0.0.1:99999/", "Port out of range 0-65535"),
        ("https://%7F/", "Failed to parse: Host '%7F' contains invalid"),
    ],
)
def test_a_redirect_to_a_broken_address_leaves_the_next_source(server, tmp_path, capsys, location, reason):
    server.routes[f"/moved/{FIRST}.gz"] = redirect_to(location)
    fetch.fetch(settings(server.address + "moved/", server.address + "mnist/"), tmp_path / "raw")
    assert held(tmp_path / "raw") == CONTENT
    assert capsys.readouterr().err.startswith(f"{FIRST} - {server.address}moved/: {reason}")


def test_control_characters_of_a_server_are_escaped(server, tmp_path, capsys):
    server.routes[f"/mnist/{FIRST}.gz"] = lambda handler: (
        handler.send_response(404, "No\x1b[2Jt\x07 here"),
        handler.end_headers(),
    )
    message = refused(tmp_path / "raw", server.address + "mnist/")
    expected = f"- {server.address}mnist/: HTTP status 404 No\\x1b[2Jt\\x07 here"
    assert message.splitlines()[1] == expected
    assert capsys.readouterr().err == f"{FIRST} {expected}\n"


def test_an_untrusted_certificate_is_refused(server, tmp_path, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert "certificate verify failed" in refused(tmp_path / "raw", server.address + "mnist/")
    assert server.asked == []
