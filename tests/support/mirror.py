"""A mirror of made-up files, on a trusted HTTPS server of this machine, to fetch from."""

import gzip
import hashlib
from contextlib import contextmanager

import pytest

from pipeline import fetch
from pipeline.config import schema
from pipeline.core.errors import PipelineError
from tests.support.https import serve, write_certificate

CONTENT = {
    "train-images-idx3-ubyte": bytes(range(256)) * 20,
    "train-labels-idx1-ubyte": b"labels of the training set",
    "t10k-images-idx3-ubyte": b"images of the test set" * 30,
    "t10k-labels-idx1-ubyte": b"labels of the test set",
}
FIRST = "train-images-idx3-ubyte"


@contextmanager
def started(folder, monkeypatch):
    """An HTTPS server, trusted by this process, with all four files below /mnist/ and its certificate in `folder`."""
    certificate = write_certificate(folder / "both.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve(certificate) as server:
        server.routes = {f"/mnist/{name}.gz": gzip.compress(content) for name, content in CONTENT.items()}
        yield server


def settings(*sources, timeout=5.0):
    files = {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in CONTENT.items()
    }
    return schema.FetchConfig.model_validate({"sources": list(sources), "timeout": timeout, "files": files})


def refused(folder, *sources, timeout=5.0):
    """The message of the error that fetching gives; nothing may have been written."""
    with pytest.raises(PipelineError) as caught:
        fetch.fetch(settings(*sources, timeout=timeout), folder)
    assert not folder.exists() or not list(folder.iterdir())
    return str(caught.value)


def held(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}
