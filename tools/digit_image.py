"""Turn a picture of a digit into 28×28 pixels as MNIST has them."""

import math
import os
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from models.constants import IMAGE_SIZE
from pipeline.core.errors import PipelineError
from tools.picture_file import read_picture

BOX = 20  # the longer side of the ink
CENTRE = 14  # row and column of the ink's centre of mass
WIDEST = 1.7  # times as wide as tall; one digit of MNIST in a thousand is wider


def prepare(path: Path) -> np.ndarray:
    """The one digit in a picture, uint8 (28, 28, 1), light on black; PipelineError if there is none, or another.

    As in MNIST (LeCun et al., 1998), the ink is scaled into 20×20 pixels with its aspect ratio kept, then centred by
    its centre of mass.
    """
    return _one(prepare_all(path), os.fspath(path))


def prepare_all(path: Path | BinaryIO, name: str | None = None) -> list[np.ndarray]:
    """The digits in a picture from left to right, each as from `prepare`; PipelineError if there is none."""
    name = os.fspath(path) if name is None else name
    return _all(read_picture(path, name), name)


def from_array(pixels: np.ndarray, name: str = "picture") -> np.ndarray:
    """The same as `prepare` for pixels, uint8 (H, W) or (H, W, 3)."""
    colour = pixels if pixels.ndim == 3 else np.repeat(pixels[..., np.newaxis], 3, axis=2)
    return _one(_all(colour, name), name)


def _one(digits: list[np.ndarray], name: str) -> np.ndarray:
    if len(digits) > 1:
        raise PipelineError(f"{name}: {len(digits)} digits; expected one (`--all` reads each)")
    return digits[0]


def _all(pixels: np.ndarray, name: str) -> list[np.ndarray]:
    from tools.find_digits import find_digits  # takes half a second

    digits = find_digits(pixels)
    if not digits:
        raise PipelineError(f"{name}: no digit; expected one that differs from the sheet around it")
    for digit in digits:
        width, height = digit.box[2] - digit.box[0], digit.box[3] - digit.box[1]
        if width > WIDEST * height:
            wide = f"{width / height:.1f} times as wide as tall"
            raise PipelineError(f"{name}: the ink is {wide}; expected one digit, or several that do not touch")
    return [_centred(_fitted(Image.fromarray(digit.values), digit.box))[..., np.newaxis] for digit in digits]


def _fitted(ink: Image.Image, box: tuple[int, int, int, int]) -> np.ndarray:
    """Scale the ink in `box`, and the faint ink around it, to uint8 (20, 20) with a maximum of 255."""
    sides = box[2] - box[0], box[3] - box[1]
    pixel = max(sides) / BOX  # of the result, measured in the picture's
    left, top = (begin - (BOX - round(side / pixel)) // 2 * pixel for begin, side in zip(box[:2], sides, strict=True))
    right, bottom = left + max(sides), top + max(sides)
    outer = math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)
    inner = left - outer[0], top - outer[1], right - outer[0], bottom - outer[1]
    small = ink.crop(outer).resize((BOX, BOX), Image.Resampling.BOX, box=inner)
    values = np.asarray(small, dtype=np.float32)
    return (values * (255 / values.max())).round().astype(np.uint8)


def _centred(ink: np.ndarray) -> np.ndarray:
    """Place the ink in 28×28 black pixels, its centre of mass as near the middle as whole pixels allow."""
    centre = (float(np.average(np.arange(BOX), weights=ink.sum(axis=axis))) for axis in (1, 0))
    row, column = (min(max(round(CENTRE - place), 0), IMAGE_SIZE - BOX) for place in centre)
    return np.pad(ink, ((row, IMAGE_SIZE - BOX - row), (column, IMAGE_SIZE - BOX - column)))
