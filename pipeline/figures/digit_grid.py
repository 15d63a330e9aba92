"""Digits in rows, each over its caption."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from pipeline.figures import style

GAP = 4  # pixels between neighbours
LINE = 5.5  # pixels of height for a line of a caption
SCALE = 1 / 34  # inches for a pixel


def draw_digits(images: np.ndarray, captions: Sequence[str], title: str, columns: int) -> Figure:
    """`images` uint8 (N, 28, 28, 1), as dark ink on white; `captions` N strings, of one or several lines or empty."""
    size = images.shape[1]
    columns = min(columns, max(1, len(images)))
    rows = max(1, -(-len(images) // columns))
    lines = max((caption.count("\n") + 1 for caption in captions if caption), default=0)
    width, height = size + GAP, size + GAP + LINE * lines
    drawing = style.figure(max(4.0, columns * width * SCALE), rows * height * SCALE + 0.4)
    axes = drawing.add_subplot()
    for index, (image, caption) in enumerate(zip(images, captions, strict=True)):
        left, top = index % columns * width, index // columns * height
        extent = (left, left + size, top + size, top)
        axes.imshow(image[..., 0], cmap="gray_r", vmin=0, vmax=255, extent=extent, interpolation="nearest")
        if caption:
            axes.text(left + size / 2, top + size + 1, caption, ha="center", va="top", fontsize=7.5)
    axes.set_xlim(-GAP / 2, columns * width - GAP / 2)
    axes.set_ylim(rows * height - GAP / 2, -GAP / 2)
    axes.set_axis_off()
    axes.set_title(title)
    return drawing


@style.applied()
def save_digits(path: Path, images: np.ndarray, captions: Sequence[str], title: str, columns: int = 10) -> None:
    """Write `draw_digits` to `path`."""
    style.save(draw_digits(images, captions, title, columns), path)
