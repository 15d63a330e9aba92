"""A grid of digits, each above its caption."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from pipeline.figures import style

GAP = 4  # image pixels between neighbours
LINE_HEIGHT = 5.5  # image pixels for a line of a caption
INCHES_PER_PIXEL = 1 / 34


@style.applied()
def draw_digits(images: np.ndarray, captions: Sequence[str], title: str, columns: int = 10) -> Figure:
    """Draw images, uint8 (N, 28, 28, 1), as dark ink on white, each above one of N captions of any number of lines."""
    size = images.shape[1]
    columns = min(columns, max(1, len(images)))
    rows = max(1, -(-len(images) // columns))
    lines = max((caption.count("\n") + 1 for caption in captions if caption), default=0)
    width, height = size + GAP, size + GAP + LINE_HEIGHT * lines
    drawing = style.figure(max(4.0, columns * width * INCHES_PER_PIXEL), rows * height * INCHES_PER_PIXEL + 0.4)
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
