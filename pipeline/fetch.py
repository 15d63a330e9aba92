"""Stage 1: the four MNIST files, verified, into `data/raw/`. What is there and right is not fetched again."""

import argparse
import hashlib
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline import errors, params, schema
from pipeline.errors import PipelineError
from pipeline.files import ROOT, sha256, write_bytes
from pipeline.sources import Source, open_source

RAW = ROOT / "data/raw"
SLOWEST = 100_000  # bytes a second, uncompressed: a source that takes longer than this for all files is given up


def fetch(settings: schema.Fetch, folder: Path) -> None:
    """Put every file of `settings.files` into `folder`, each from the first source that gives the right content.

    Raises PipelineError, listing what each source said, at the first file that none of them gives.
    """
    with tempfile.TemporaryDirectory() as scratch:
        sources = [(text, _open(text, settings, Path(scratch), n)) for n, text in enumerate(settings.sources)]
        limit = settings.timeout + sum(file.bytes for file in settings.files.values()) / SLOWEST
        for name, declared in settings.files.items():
            if is_right(folder / name, declared):
                print(f"{name}: already there")
            else:
                write_bytes(folder / name, _obtain(name, declared, sources, limit))


def is_right(path: Path, declared: schema.File) -> bool:
    """Whether the file is there with the declared size and SHA-256."""
    return path.is_file() and path.stat().st_size == declared.bytes and sha256(path) == declared.sha256


def verify(content: bytes, declared: schema.File) -> None:
    """Raise a PipelineError unless `content` has the declared size and SHA-256."""
    if len(content) != declared.bytes:
        found = f"more than {declared.bytes}" if len(content) > declared.bytes else len(content)
        raise PipelineError(f"{found} bytes, expected {declared.bytes}")
    digest = hashlib.sha256(content).hexdigest()
    if digest != declared.sha256:
        raise PipelineError(f"SHA-256 {digest}, expected {declared.sha256}")


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Interrupt the block after `seconds` with a PipelineError, whatever it waits for; main thread only."""

    def stop(*_: object) -> None:
        raise PipelineError(f"not finished after {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _open(text: str, settings: schema.Fetch, scratch: Path, number: int) -> Source:
    own = scratch / str(number)
    own.mkdir()
    return open_source(text, settings.timeout, own)


def _obtain(name: str, declared: schema.File, sources: list[tuple[str, Source]], limit: float) -> bytes:
    """The verified content from the first of `sources` that has it, none of which may take more than `limit` seconds.

    That source is moved to the front, so that a dead one costs its time-out once and not for every file.
    """
    said = []
    for place, (text, source) in enumerate(sources):
        try:
            with time_limit(limit):
                content = source.read(name, declared.bytes)
            verify(content, declared)
        except (PipelineError, OSError) as error:
            said.append(f"- {text}: {error}")
            print(f"{name} {said[-1]}", file=sys.stderr)
        else:
            print(f"{name}: from {text}")
            sources.insert(0, sources.pop(place))
            return content
    raise PipelineError("\n".join([f"{name}: no source gives it; mend fetch.sources in {params.PARAMS}", *said]))


def main(_: argparse.Namespace) -> None:
    """Fetch what `params.yaml` declares."""
    fetch(params.load().fetch, RAW)


if __name__ == "__main__":
    errors.run(main, argparse.ArgumentParser(description=__doc__))
