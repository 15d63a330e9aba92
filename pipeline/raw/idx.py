"""Parse MNIST's idx files: big-endian magic number and dimensions, then unsigned bytes."""

import math
import struct
from pathlib import Path

import numpy as np

from models.constants import IMAGE_SIZE, INPUT_SHAPE, NUM_CLASSES
from pipeline.core.errors import PipelineError

IMAGES_MAGIC = 0x00000803  # unsigned bytes, three dimensions
LABELS_MAGIC = 0x00000801  # unsigned bytes, one dimension


def read_images(path: Path) -> np.ndarray:
    """Read the images in an idx file, uint8 (N, 28, 28, 1); PipelineError if the file is missing or malformed."""
    return parse_images(_read(path), str(path))


def read_labels(path: Path) -> np.ndarray:
    """Read the labels in an idx file, uint8 (N,), 0 to 9; PipelineError if the file is missing or malformed."""
    return parse_labels(_read(path), str(path))


def parse_images(content: bytes, name: str) -> np.ndarray:
    """Parse the images in `content`, uint8 (N, 28, 28, 1), read-only; error messages begin with `name`."""
    return _parse(content, name, IMAGES_MAGIC, (IMAGE_SIZE, IMAGE_SIZE)).reshape(-1, *INPUT_SHAPE)


def parse_labels(content: bytes, name: str) -> np.ndarray:
    """Parse the labels in `content`, uint8 (N,), 0 to 9, read-only; error messages begin with `name`."""
    values = _parse(content, name, LABELS_MAGIC, ())
    wrong = np.flatnonzero(values >= NUM_CLASSES)
    if wrong.size:
        raise PipelineError(f"{name}: label {values[wrong[0]]} at index {wrong[0]}, expected 0 to {NUM_CLASSES - 1}")
    return values


def _parse(content: bytes, name: str, magic: int, item: tuple[int, ...]) -> np.ndarray:
    """The bytes after the header, uint8; the header must announce items of the shape `item`."""
    header = struct.Struct(f">II{len(item)}I")
    if len(content) < header.size:
        raise PipelineError(f"{name}: {len(content)} bytes, expected a header of {header.size}")
    found, count, *shape = header.unpack_from(content)
    if found != magic:
        raise PipelineError(f"{name}: magic number {found}, expected {magic}")
    if tuple(shape) != item:
        raise PipelineError(f"{name}: items of {_shape_text(shape)}, expected {_shape_text(item)}")
    if count == 0:
        raise PipelineError(f"{name}: 0 items, expected at least 1")
    length = header.size + count * math.prod(item)
    if len(content) != length:
        raise PipelineError(f"{name}: {len(content)} bytes, expected {length} for the {count} items it announces")
    return np.frombuffer(content, dtype=np.uint8, offset=header.size)


def _shape_text(shape: tuple[int, ...] | list[int]) -> str:
    return " × ".join(map(str, shape))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise PipelineError(f"{path}: not found; run `dvc repro fetch`") from None
