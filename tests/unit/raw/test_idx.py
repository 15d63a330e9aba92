"""idx files: the digits in the repository, and every kind of malformed file."""

import struct

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from pipeline.raw import idx

DATA = ROOT / "tests/data"


def image_file(magic=2051, count=2, rows=28, columns=28, pixels=2 * 784):
    return struct.pack(">4I", magic, count, rows, columns) + bytes(pixels)


def label_file(values, magic=2049, count=None):
    return struct.pack(">2I", magic, len(values) if count is None else count) + bytes(values)


def test_digits_of_the_repository():
    images, labels = (
        idx.read_images(DATA / "train-images-idx3-ubyte"),
        idx.read_labels(DATA / "train-labels-idx1-ubyte"),
    )
    assert (images.shape, images.dtype) == ((400, 28, 28, 1), np.uint8)
    assert (labels.shape, labels.dtype) == ((400,), np.uint8)
    assert labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(labels).tolist() == [40] * 10
    # The first image of MNIST: a 5, whose sixth row is the first that is not empty.
    assert images[0, :5].max() == 0
    assert images[0, 5, 12:24, 0].tolist() == [3, 18, 18, 18, 126, 136, 175, 26, 166, 255, 247, 127]


def test_pixels_are_read_row_by_row():
    content = struct.pack(">4I", 2051, 2, 28, 28) + bytes(index % 251 for index in range(2 * 784))
    images = idx.parse_images(content, "it")
    assert images[0, 0, 1, 0] == 1
    assert images[0, 1, 0, 0] == 28
    assert images[1, 0, 0, 0] == 784 % 251


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it: 0 bytes, expected a header of 16"),
        (image_file()[:15], "it: 15 bytes, expected a header of 16"),
        (image_file(magic=2049), "it: magic number 2049, expected 2051"),
        (image_file(rows=27), "it: items of 27 × 28, expected 28 × 28"),
        (image_file(columns=32), "it: items of 28 × 32, expected 28 × 28"),
        (image_file(count=0, pixels=0), "it: 0 items, expected at least 1"),
        (image_file(pixels=1567), "it: 1583 bytes, expected 1584 for the 2 items it announces"),
        (image_file(pixels=1569), "it: 1585 bytes, expected 1584 for the 2 items it announces"),
        (image_file(count=2**32 - 1), "it: 1584 bytes, expected 3367254359296 for the 4294967295 items it announces"),
    ],
)
def test_malformed_images(content, message):
    with pytest.raises(PipelineError) as caught:
        idx.parse_images(content, "it")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\0\0\x08\x01", "it: 4 bytes, expected a header of 8"),
        (label_file([1], magic=2051), "it: magic number 2051, expected 2049"),
        (label_file([]), "it: 0 items, expected at least 1"),
        (label_file([1, 2], count=3), "it: 10 bytes, expected 11 for the 3 items it announces"),
        (label_file([1, 2], count=1), "it: 10 bytes, expected 9 for the 1 items it announces"),
        (label_file([0, 9, 10, 255]), "it: label 10 at index 2, expected 0 to 9"),
    ],
)
def test_malformed_labels(content, message):
    with pytest.raises(PipelineError) as caught:
        idx.parse_labels(content, "it")
    assert str(caught.value) == message


def test_a_missing_file(tmp_path):
    with pytest.raises(PipelineError, match="absent: not found; run `dvc repro fetch`$"):
        idx.read_labels(tmp_path / "absent")
