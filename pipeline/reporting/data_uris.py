"""Images as `data:` URIs, so that the HTML page needs no other file."""

import base64
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = 48  # enough for a figure's few colours and their smooth edges, in a third of the bytes
MAX_WIDTH = 1300  # pixels
SPRITE_COLUMNS = 32


@dataclass(frozen=True)
class Sprite:
    """One image that contains many digits; `places` maps a test image's index to its column and row."""

    uri: str
    places: dict[int, tuple[int, int]]


def file_uri(path: Path) -> str | None:
    """A PNG file, reduced to `COLOURS` and `MAX_WIDTH`; None if there is no such file."""
    if not path.is_file():
        return None
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    image.thumbnail((MAX_WIDTH, 10 * MAX_WIDTH))
    return _uri(image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE))


def digit_sprite(images: np.ndarray | None, indices: Iterable[int]) -> Sprite | None:
    """Put the test images of those indices into one image, as dark ink on white; None without images or indices.

    Args:
        images: the official test set, uint8 (10000, 28, 28, 1); None if it is not in this checkout.
        indices: the images wanted.
    """
    wanted = sorted(set(indices))
    if images is None or not wanted:
        return None
    size = images.shape[1]
    canvas = np.full((-(-len(wanted) // SPRITE_COLUMNS) * size, SPRITE_COLUMNS * size), 255, np.uint8)
    places = {index: (place % SPRITE_COLUMNS, place // SPRITE_COLUMNS) for place, index in enumerate(wanted)}
    for index, (column, row) in places.items():
        canvas[row * size : (row + 1) * size, column * size : (column + 1) * size] = 255 - images[index, ..., 0]
    return Sprite(_uri(Image.fromarray(canvas)), places)


def _uri(image: Image.Image) -> str:
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=False)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
