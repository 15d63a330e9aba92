"""The error for a file that is not a picture of a digit."""

import struct
import zlib

import pytest
from PIL import Image

from pipeline.core.errors import PipelineError
from tools import digit_image


def png_claiming(width, height):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file or directory; expected a picture of a digit"),
        (b"", "not a picture that Pillow reads"),
        (b"# A text\n", "not a picture that Pillow reads"),
        (
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n",
            "not a picture that Pillow reads",
        ),
        (png_claiming(20_001, 20_000), "more than 400,000,000 pixels; make it smaller"),
        (png_claiming(15_000, 15_000), "more than 200,000,000 pixels; make it smaller"),
        (png_claiming(20_000, 10), "20,000 pixels long; expected at most 16,384"),
        (png_claiming(100, 100), "a damaged picture (image file is truncated"),
    ],
    ids=["missing", "empty", "text", "program", "bomb", "large", "long", "truncated"],
)
def test_a_file_that_is_not_a_picture(content, said, tmp_path):
    path = tmp_path / "file.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PipelineError) as error:
        digit_image.prepare(path)
    assert str(error.value).startswith(f"{path}: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("mode", ["L", "RGBA", "I;16"])
def test_an_empty_sheet(mode, tmp_path):
    Image.new(mode, (60, 40)).save(tmp_path / "empty.png")
    with pytest.raises(PipelineError, match="no digit; expected one that differs from the sheet around it"):
        digit_image.prepare(tmp_path / "empty.png")
