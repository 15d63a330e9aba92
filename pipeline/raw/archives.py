"""Read compressed files and archives up to a size limit, so that none can expand to fill the memory."""

import gzip
import tarfile
import zlib
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from pipeline.core.errors import PipelineError

GZIP_MARGIN = 1 << 16  # bytes by which a .gz file may be larger than its content
TAR_MARGIN = 1 << 28  # bytes of other members that an archive may hold before the wanted one


def gunzip(data: bytes, size: int) -> bytes:
    """Decompress one gzip member, up to `size` + 1 bytes; PipelineError if it is damaged, cut short or not alone."""
    decompressor = zlib.decompressobj(wbits=31)  # 31: a gzip header is required
    try:
        content = decompressor.decompress(data, size + 1)
    except zlib.error as error:
        raise PipelineError(f"not sound gzip data, it starts with {data[:20]!r}: {error}") from None
    if len(content) <= size and not decompressor.eof:
        raise PipelineError(f"gzip data cut short after {len(data)} bytes")
    if decompressor.unused_data:
        raise PipelineError(f"{len(decompressor.unused_data)} bytes too many after the gzip data")
    return content


def read_plain(stream: BinaryIO, name: str, size: int) -> bytes:
    """Read up to `size` + 1 bytes of a file, decompressed if its name ends in .gz."""
    if name.endswith(".gz"):
        return gunzip(stream.read(size + GZIP_MARGIN), size)
    return stream.read(size + 1)


def read_member(archive: Path, wanted: str, size: int) -> bytes:
    """Read up to `size` + 1 bytes of the regular file `wanted`, or `wanted`.gz, in a .tgz, without unpacking it.

    Raises PipelineError if there is no such file or the archive is damaged.
    """
    try:
        with (
            closing(_BoundedStream(gzip.open(archive), size + TAR_MARGIN)) as stream,
            tarfile.open(fileobj=stream, mode="r|") as members,
        ):
            for member in members:
                if member.isfile() and member.name in (wanted, f"{wanted}.gz"):
                    return read_plain(members.extractfile(member), member.name, size)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise PipelineError(f"{archive.name} is damaged: {error}") from None
    raise PipelineError(f"no {wanted} in {archive.name}")


class _BoundedStream:
    """A stream that raises PipelineError when more than `limit` bytes are read."""

    def __init__(self, stream: BinaryIO, limit: int):
        self.stream = stream
        self.left = limit
        self.close = stream.close

    def read(self, size: int) -> bytes:
        self.left -= size
        if self.left < 0:
            raise PipelineError("the archive holds more than these files can need")
        return self.stream.read(size)
