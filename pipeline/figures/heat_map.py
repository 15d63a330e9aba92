"""Accuracies as a table of shades: a row for each run, a column for each corruption."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from pipeline.figures import style

DARK = 0.45  # share of errors from which a cell's number is white


@style.applied()
def draw_heat_map(rows: Sequence[str], columns: Sequence[str], accuracy: np.ndarray, title: str) -> Figure:
    """Draw accuracies, float (rows, columns), 0 to 1, as per cent; the more errors, the darker, also in print."""
    drawing = style.figure(2.4 + 0.55 * len(columns), 1.5 + 0.3 * max(1, len(rows)))
    axes = drawing.add_subplot()
    axes.set_title(title)
    if not rows:
        axes.set_axis_off()
        return drawing
    axes.imshow(1 - accuracy, cmap="Greys", vmin=0, vmax=0.9, aspect="auto")
    for (row, column), value in np.ndenumerate(accuracy):
        colour = "white" if 1 - value > DARK else "black"
        axes.text(column, row, f"{100 * value:.0f}", ha="center", va="center", color=colour)
    axes.set_xticks(range(len(columns)), columns, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(np.arange(len(columns) - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(len(rows) - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="white")
    axes.tick_params(which="both", length=0)
    return drawing
