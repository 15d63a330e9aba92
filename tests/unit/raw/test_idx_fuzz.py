"""Random bytes: a valid idx file is read, any other is refused with an error of one line."""

import struct

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.core.errors import PipelineError
from pipeline.raw import idx

fuzz = settings(max_examples=200, deadline=None, derandomize=True)
WORDS = st.sampled_from([0, 1, 2, 3, 27, 28, 29, 784, 2049, 2051, 2**31, 2**32 - 1]) | st.integers(0, 2**32 - 1)


@st.composite
def nearly_valid(draw: st.DrawFn, magic: int, item: tuple[int, ...]) -> bytes:
    """A small idx file, in which some header words, bytes or the length may be wrong."""
    count = draw(st.integers(0, 3))
    words = [magic, count, *item]
    for place in draw(st.lists(st.integers(0, len(words) - 1), max_size=2)):
        words[place] = draw(WORDS)
    size = count * int(np.prod(item)) + draw(st.sampled_from([0, 0, 0, -1, 1, 7]))
    digits = draw(st.binary(max_size=12))
    body = (digits * (max(size, 0) // max(len(digits), 1) + 1) + bytes(max(size, 0)))[: max(size, 0)]
    content = struct.pack(f">{len(words)}I", *words) + body
    return content[: draw(st.none() | st.integers(0, len(content)))]


IMAGES = nearly_valid(2051, (28, 28)) | st.binary(max_size=40)
LABELS = nearly_valid(2049, ()) | st.binary(max_size=40)


def valid_images(content: bytes) -> bool:
    """Whether `content` is a file of images, decided without the parser."""
    if len(content) < 16 or content[:4] != b"\0\0\x08\x03" or content[8:16] != b"\0\0\0\x1c\0\0\0\x1c":
        return False
    count = int.from_bytes(content[4:8], "big")
    return count > 0 and len(content) - 16 == count * 784


def valid_labels(content: bytes) -> bool:
    """Whether `content` is a file of labels, decided without the parser."""
    count = int.from_bytes(content[4:8], "big")
    return content[:4] == b"\0\0\x08\x01" and 0 < count == len(content) - 8 and all(byte < 10 for byte in content[8:])


def parse(parser, content: bytes) -> np.ndarray | None:
    """The array, or None if the content was refused with an error of one line."""
    try:
        return parser(content, "it")
    except PipelineError as error:
        assert str(error).startswith("it: ")
        assert str(error).isprintable()
        return None


def check_images(content: bytes) -> None:
    array = parse(idx.parse_images, content)
    assert (array is not None) == valid_images(content)
    if array is not None:
        assert array.shape == ((len(content) - 16) // 784, 28, 28, 1)
        assert array.tobytes() == content[16:]


def check_labels(content: bytes) -> None:
    array = parse(idx.parse_labels, content)
    assert (array is not None) == valid_labels(content)
    if array is not None:
        assert array.tobytes() == content[8:]


@fuzz
@given(content=IMAGES)
@example(content=struct.pack(">4I", 2051, 1, 28, 28) + bytes(784))
def test_images(content: bytes) -> None:
    check_images(content)


@fuzz
@given(content=LABELS)
@example(content=b"\0\0\x08\x01\0\0\0\x01\x09")
def test_labels(content: bytes) -> None:
    check_labels(content)


def test_some_random_files_are_valid() -> None:
    """Otherwise the tests above would never see one accepted."""
    accepted = []

    @fuzz
    @given(images=IMAGES, labels=LABELS)
    def collect(images: bytes, labels: bytes) -> None:
        accepted.append((valid_images(images), valid_labels(labels)))

    collect()
    assert any(images for images, _ in accepted)
    assert any(labels for _, labels in accepted)
