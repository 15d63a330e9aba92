"""Download the four MNIST files into `data/raw/` and verify them. Files that are already correct are kept."""

import argparse
import hashlib
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.config import params, schema
from pipeline.core import errors
from pipeline.core.errors import PipelineError, printable
from pipeline.core.files import sha256, write_bytes
from pipeline.core.paths import PARAMS_FILE, RAW
from pipeline.raw.sources import READ_ERRORS, Source, open_source, reason

MIN_SPEED = 100_000  # uncompressed bytes per second; a slower source is given up


def fetch(config: schema.FetchConfig, folder: Path) -> None:
    """Write every file of `config.files` into `folder`, each from the first source that has the right content.

    Raises PipelineError with the reason of each source if none provides a file.
    """
    with tempfile.TemporaryDirectory() as scratch:
        sources = [
            (text, open_source(text, config.timeout, Path(tempfile.mkdtemp(dir=scratch)))) for text in config.sources
        ]
        limit = config.timeout + sum(declared.bytes for _, declared in config.files) / MIN_SPEED
        for name, declared in config.files:
            if is_correct(folder / name, declared):
                print(f"{name}: already there")
            else:
                write_bytes(folder / name, _obtain(name, declared, sources, limit))


def is_correct(path: Path, declared: schema.FileConfig) -> bool:
    """Whether the file exists with the declared size and SHA-256."""
    return path.is_file() and path.stat().st_size == declared.bytes and sha256(path) == declared.sha256


def verify(content: bytes, declared: schema.FileConfig) -> None:
    """Raise a PipelineError unless `content` has the declared size and SHA-256."""
    if len(content) != declared.bytes:
        found = f"more than {declared.bytes}" if len(content) > declared.bytes else len(content)
        raise PipelineError(f"{found} bytes, expected {declared.bytes}")
    digest = hashlib.sha256(content).hexdigest()
    if digest != declared.sha256:
        raise PipelineError(f"SHA-256 {digest}, expected {declared.sha256}")


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise PipelineError in the block once `seconds` have passed; works in the main thread only."""

    def stop(*_: object) -> None:
        raise PipelineError(f"not finished after {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _obtain(name: str, declared: schema.FileConfig, sources: list[tuple[str, Source]], limit: float) -> bytes:
    """The verified content from the first of `sources` that has it within `limit` seconds.

    That source moves to the front of the list, so that an unreachable one costs its timeout only once.
    """
    reasons = []
    for index, (text, source) in enumerate(sources):
        try:
            with time_limit(limit):
                content = source(name, declared.bytes)
            verify(content, declared)
        except (PipelineError, *READ_ERRORS) as error:
            reasons.append(printable(f"- {text}: {reason(error)}"))
            print(f"{name} {reasons[-1]}", file=sys.stderr)
        else:
            print(f"{name}: from {text}")
            sources.insert(0, sources.pop(index))
            return content
    raise PipelineError(
        "\n".join([f"{name}: no source provided this file; check fetch.sources in {PARAMS_FILE}", *reasons])
    )


def main(_: argparse.Namespace) -> None:
    """Fetch the files that `params.yaml` declares."""
    fetch(params.load_params().fetch, RAW)


if __name__ == "__main__":
    errors.run_command(main, argparse.ArgumentParser(description=__doc__))
