"""The confusion matrix of the ten digits, coloured by its errors."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure

from pipeline.figures import style

DIAGONAL = "#E8E8E8"


@style.applied()
def draw_confusion(matrix: np.ndarray, title: str) -> Figure:
    """Draw a matrix of counts, int (10, 10), actual digits in rows, predicted in columns; only errors are coloured."""
    right = np.eye(len(matrix), dtype=bool)
    errors = np.ma.masked_where(right | (matrix == 0), matrix)
    scale = LogNorm(vmin=1, vmax=max(10, errors.max() if errors.count() else 0))
    drawing = style.figure(6.6, 5.4)
    axes = drawing.add_subplot()
    axes.imshow(np.ma.masked_where(~right, right), cmap=ListedColormap([DIAGONAL]))
    coloured = axes.imshow(errors, cmap="YlOrRd", norm=scale)
    drawing.colorbar(coloured, ax=axes, label="errors (images, log scale)", format="%d", shrink=0.85)
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
