"""Pictures inside the page: every one an address that holds the picture itself."""

import base64
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from pipeline.figures import style

COLOURS = 48  # enough for a figure's few colours and their smooth edges, in a third of the bytes
WIDTH = 1300  # pixels
ACROSS = 32  # digits in a row of the sheet


@dataclass(frozen=True)
class Sheet:
    """One picture of many digits; `places` gives each test image's column and row in it."""

    uri: str
    columns: int
    places: dict[int, tuple[int, int]]


def of_file(path: Path) -> str | None:
    """A PNG file in few colours, no wider than `WIDTH`; None if there is none."""
    if not path.is_file():
        return None
    with Image.open(path) as picture:
        return _smaller(picture.convert("RGB"))


def of_figure(figure: Figure) -> str:
    """A figure that is in no file."""
    stream = io.BytesIO()
    with style.applied():
        figure.savefig(stream, format="png", dpi=style.DPI)
    return _smaller(Image.open(stream).convert("RGB"))


def _smaller(picture: Image.Image) -> str:
    picture.thumbnail((WIDTH, 10 * WIDTH))
    return _uri(picture.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE))


def sheet(images: np.ndarray | None, indices: Iterable[int]) -> Sheet | None:
    """The test images of those indices, as dark ink on white; `images` uint8 (N, 28, 28, 1), None if not here."""
    wanted = sorted(set(indices))
    if images is None or not wanted:
        return None
    rows = -(-len(wanted) // ACROSS)
    size = images.shape[1]
    canvas = np.full((rows * size, ACROSS * size), 255, np.uint8)
    places = {index: (place % ACROSS, place // ACROSS) for place, index in enumerate(wanted)}
    for index, (column, row) in places.items():
        canvas[row * size : (row + 1) * size, column * size : (column + 1) * size] = 255 - images[index, ..., 0]
    return Sheet(_uri(Image.fromarray(canvas)), ACROSS, places)


def _uri(picture: Image.Image) -> str:
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=False)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
