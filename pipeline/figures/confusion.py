"""The confusion matrix of ten digits, coloured by its errors."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure

from pipeline.figures import style

DIAGONAL = "#E8E8E8"


@style.applied()
def draw_confusion(matrix: np.ndarray, title: str) -> Figure:
    """`matrix` (10, 10) counts of images, actual digit in rows, predicted in columns; the diagonal takes no colour."""
    matrix = np.asarray(matrix)
    right = np.eye(len(matrix), dtype=bool)
    errors = np.ma.masked_where(right | (matrix == 0), matrix)
    scale = LogNorm(vmin=1, vmax=max(10, errors.max() if errors.count() else 0))
    drawing = style.figure(6.6, 5.4)
    axes = drawing.add_subplot()
    axes.imshow(np.ma.masked_where(~right, right), cmap=ListedColormap([DIAGONAL]))
    shown = axes.imshow(errors, cmap="YlOrRd", norm=scale)
    drawing.colorbar(shown, ax=axes, label="errors (images, log scale)", format="%d", shrink=0.85)
    _numbers(axes, matrix, scale)
    axes.set_xticks(range(len(matrix)))
    axes.set_yticks(range(len(matrix)))
    axes.set_xlabel("predicted digit")
    axes.set_ylabel("actual digit")
    axes.set_title(title)
    return drawing


def _numbers(axes: Axes, matrix: np.ndarray, scale: LogNorm) -> None:
    for (actual, predicted), count in np.ndenumerate(matrix):
        right = actual == predicted
        dark = not right and count > 0 and scale(count) > 0.6
        colour = "white" if dark else "black" if count else style.GREY
        weight = "bold" if right else "normal"
        axes.text(predicted, actual, f"{count}", ha="center", va="center", color=colour, weight=weight)


def save_confusion(path: Path, matrix: np.ndarray, title: str) -> None:
    """Write `draw_confusion` to `path`."""
    style.save(draw_confusion(matrix, title), path)
