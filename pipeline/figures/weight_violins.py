"""Violin plots of the trained weights of every kernel of a run."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline.figures import style

SAMPLE = 10_000  # weights per violin; a kernel density estimate of millions takes minutes
COLUMNS = 5
COLOURS = (style.BLUE, style.RED, style.YELLOW)  # the notebook's blue, red and yellow, in turn


def sample(kernel: np.ndarray, seed: int) -> np.ndarray:
    """All weights of a kernel, or `SAMPLE` of them drawn without replacement, as one dimension."""
    weights = kernel.ravel()
    if weights.size <= SAMPLE:
        return weights
    return weights[np.random.default_rng(seed).choice(weights.size, SAMPLE, replace=False, shuffle=False)]


@style.applied()
def draw_violins(kernels: Mapping[str, np.ndarray], run: str, seed: int) -> Figure:
    """Draw a panel per kernel (layer name to float32 array), each on its own scale; `seed` is that of the samples."""
    columns = min(COLUMNS, len(kernels))
    rows = -(-len(kernels) // columns)
    drawing = style.figure(max(5.0, 2.1 * columns), 0.4 + 2.5 * rows)
    drawing.suptitle(f"{run}: trained weights of every kernel")
    for index, (layer, kernel) in enumerate(kernels.items()):
        axes = drawing.add_subplot(rows, columns, index + 1)
        _violin(axes, sample(kernel, seed), COLOURS[index % len(COLOURS)])
        axes.set_title(layer)
        axes.set_xlabel("×".join(str(size) for size in kernel.shape))
        axes.set_ylabel("weight" if index % columns == 0 else "")
    return drawing


def _violin(axes: Axes, weights: np.ndarray, colour: str) -> None:
    import seaborn  # takes two seconds to import

    seaborn.violinplot(y=weights, ax=axes, color=colour, saturation=1, linewidth=0.8, cut=0, inner="box")
    axes.axhline(0, color=style.GREY, linewidth=0.6, zorder=0)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.set_xticks([])
