"""Fetching over HTTPS: each file is downloaded once, from the first source that has it."""

import pytest

from pipeline import fetch
from tests.support import mirror
from tests.support.mirror import CONTENT, FIRST, held, refused, settings


@pytest.fixture
def server(tmp_path_factory, monkeypatch):
    with mirror.started(tmp_path_factory.mktemp("mirror"), monkeypatch) as server:
        yield server


def test_all_files_are_downloaded(server, tmp_path):
    fetch.fetch(settings(server.address + "mnist"), tmp_path / "raw")
    assert held(tmp_path / "raw") == CONTENT
    assert server.asked == [f"/mnist/{name}.gz" for name in CONTENT]


def test_correct_files_are_not_downloaded_again(server, tmp_path, capsys):
    wanted = settings(server.address + "mnist/")
    fetch.fetch(wanted, tmp_path)
    (tmp_path / FIRST).write_bytes(CONTENT[FIRST][:-1] + b"x")
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    server.asked.clear()
    fetch.fetch(wanted, tmp_path)
    assert server.asked == [f"/mnist/{FIRST}.gz", "/mnist/t10k-labels-idx1-ubyte.gz"]
    assert held(tmp_path) == CONTENT
    assert "train-labels-idx1-ubyte: already there" in capsys.readouterr().out


def test_the_second_source_is_used_when_the_first_is_unreachable(server, tmp_path, capsys):
    unreachable = "https://127.0.0.1:9/"
    fetch.fetch(settings(unreachable, server.address + "mnist/"), tmp_path)
    assert held(tmp_path) == CONTENT
    printed = capsys.readouterr()
    assert f"{FIRST} - {unreachable}: [Errno" in printed.err and "refused" in printed.err
    assert printed.err.count(unreachable) == 1  # later files start with the source that works
    assert f"{FIRST}: from {server.address}mnist/" in printed.out


def test_the_error_lists_the_reason_of_every_source(server, tmp_path):
    message = refused(tmp_path / "raw", "https://127.0.0.1:9/", server.address + "nothing/", str(tmp_path))
    headline, first, second, third = message.splitlines()
    assert headline == f"{FIRST}: no source provided this file; check fetch.sources in params.yaml"
    assert first.startswith("- https://127.0.0.1:9/: ") and first.endswith("refused")
    assert second == f"- {server.address}nothing/: HTTP status 404 Not Found"
    assert third == f"- {tmp_path}: no {FIRST} or {FIRST}.gz in {tmp_path}"
