"""Whatever bytes an idx file holds: what is one is read, anything else is refused in one line."""

import struct

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.core.errors import PipelineError
from pipeline.raw import idx

thousands = settings(max_examples=2000, deadline=None, derandomize=True)
WORDS = st.sampled_from([0, 1, 2, 3, 27, 28, 29, 784, 2049, 2051, 2**31, 2**32 - 1]) | st.integers(0, 2**32 - 1)


@st.composite
def almost(draw: st.DrawFn, magic: int, item: tuple[int, ...]) -> bytes:
    """A small idx file with some header words, bytes and the length likely wrong."""
    count = draw(st.integers(0, 3))
    words = [magic, count, *item]
    for place in draw(st.lists(st.integers(0, len(words) - 1), max_size=2)):
        words[place] = draw(WORDS)
    size = count * int(np.prod(item)) + draw(st.sampled_from([0, 0, 0, -1, 1, 7]))
    digits = draw(st.binary(max_size=12))
    body = (digits * (max(size, 0) // max(len(digits), 1) + 1) + bytes(max(size, 0)))[: max(size, 0)]
    content = struct.pack(f">{len(words)}I", *words) + body
    return content[: draw(st.none() | st.integers(0, len(content)))]


def right_images(content: bytes) -> bool:
    """Written down a second time, another way."""
    if len(content) < 16 or content[:4] != b"\0\0\x08\x03" or content[8:16] != b"\0\0\0\x1c\0\0\0\x1c":
        return False
    count = int.from_bytes(content[4:8], "big")
    return count > 0 and len(content) - 16 == count * 784


def right_labels(content: bytes) -> bool:
    count = int.from_bytes(content[4:8], "big")
    return content[:4] == b"\0\0\x08\x01" and 0 < count == len(content) - 8 and all(byte < 10 for byte in content[8:])


def parsed(parse, content: bytes) -> np.ndarray | None:
    """The array, or None if it was refused in one line."""
    try:
        return parse(content, "it")
    except PipelineError as error:
        assert str(error).startswith("it: ")
        assert str(error).isprintable()
        return None


@thousands
@given(content=almost(2051, (28, 28)) | st.binary(max_size=40))
@example(content=struct.pack(">4I", 2051, 1, 28, 28) + bytes(784))
def test_images(content: bytes) -> None:
    array = parsed(idx.parse_images, content)
    assert (array is not None) == right_images(content)
    if array is not None:
        assert array.shape == ((len(content) - 16) // 784, 28, 28, 1)
        assert array.tobytes() == content[16:]


@thousands
@given(content=almost(2049, ()) | st.binary(max_size=40))
@example(content=b"\0\0\x08\x01\0\0\0\x01\x09")
def test_labels(content: bytes) -> None:
    array = parsed(idx.parse_labels, content)
    assert (array is not None) == right_labels(content)
    if array is not None:
        assert array.tobytes() == content[8:]


def test_the_strategies_make_good_files_too() -> None:
    """Else the tests above would never see one accepted."""
    accepted = []

    @settings(max_examples=300, deadline=None, derandomize=True)
    @given(content=almost(2051, (28, 28)), labels=almost(2049, ()))
    def collect(content: bytes, labels: bytes) -> None:
        accepted.append((right_images(content), right_labels(labels)))

    collect()
    assert any(image for image, _ in accepted)
    assert any(label for _, label in accepted)
