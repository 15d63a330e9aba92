"""Fetching over HTTPS, from a server on this machine with a certificate made for the occasion."""

import gzip
import hashlib
import time

import pytest

from pipeline import fetch, schema
from pipeline.errors import PipelineError
from tests.https import serve, write_certificate

CONTENT = {
    "train-images-idx3-ubyte": bytes(range(256)) * 20,
    "train-labels-idx1-ubyte": b"labels of the training set",
    "t10k-images-idx3-ubyte": b"images of the test set" * 30,
    "t10k-labels-idx1-ubyte": b"labels of the test set",
}
FIRST = "train-images-idx3-ubyte"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A file with a key and a certificate for 127.0.0.1."""
    return write_certificate(tmp_path_factory.mktemp("certificate") / "both.pem")


@pytest.fixture
def server(certificate, monkeypatch):
    """An HTTPS server, trusted by this process, that has all four files below /mnist/."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = serve(certificate)
    server.routes = {f"/mnist/{name}.gz": gzip.compress(content) for name, content in CONTENT.items()}
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()


def settings(*sources, timeout=5.0):
    files = {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in CONTENT.items()
    }
    return schema.Fetch.model_validate({"sources": list(sources), "timeout": timeout, "files": files})


def refused(folder, *sources, timeout=5.0):
    """The message of the error that fetching gives; nothing may have been written."""
    with pytest.raises(PipelineError) as caught:
        fetch.fetch(settings(*sources, timeout=timeout), folder)
    assert not folder.exists() or not list(folder.iterdir())
    return str(caught.value)


def held(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_four_files_arrive(server, tmp_path):
    fetch.fetch(settings(server.address + "mnist"), tmp_path / "raw")
    assert held(tmp_path / "raw") == CONTENT
    assert server.asked == [f"/mnist/{name}.gz" for name in CONTENT]


def test_what_is_there_and_right_is_not_fetched_again(server, tmp_path, capsys):
    wanted = settings(server.address + "mnist/")
    fetch.fetch(wanted, tmp_path)
    (tmp_path / FIRST).write_bytes(CONTENT[FIRST][:-1] + b"x")
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    server.asked.clear()
    fetch.fetch(wanted, tmp_path)
    assert server.asked == [f"/mnist/{FIRST}.gz", "/mnist/t10k-labels-idx1-ubyte.gz"]
    assert held(tmp_path) == CONTENT
    assert "train-labels-idx1-ubyte: already there" in capsys.readouterr().out


def test_the_second_source_is_used_when_the_first_is_dead(server, tmp_path, capsys):
    dead = "https://127.0.0.1:9/"
    fetch.fetch(settings(dead, server.address + "mnist/"), tmp_path)
    assert held(tmp_path) == CONTENT
    said = capsys.readouterr()
    assert f"{FIRST} - {dead}: [Errno" in said.err and "refused" in said.err
    assert said.err.count(dead) == 1  # later files start with the source that works
    assert f"{FIRST}: from {server.address}mnist/" in said.out


def test_the_error_lists_what_every_source_said(server, tmp_path):
    message = refused(tmp_path / "raw", "https://127.0.0.1:9/", server.address + "nothing/", str(tmp_path))
    headline, first, second, third = message.splitlines()
    assert headline == f"{FIRST}: no source gives it; mend fetch.sources in params.yaml"
    assert first.startswith("- https://127.0.0.1:9/: ") and first.endswith("refused")
    assert second == f"- {server.address}nothing/: HTTP status 404 Not Found"
    assert third == f"- {tmp_path}: no {FIRST} or {FIRST}.gz in {tmp_path}"


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
