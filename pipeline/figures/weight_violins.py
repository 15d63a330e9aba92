"""How the weights of every kernel are distributed, as violins."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline.figures import style

SAMPLE = 10_000  # weights for a violin; a density over millions takes minutes
COLUMNS = 5
COLOURS = (style.BLUE, style.RED, style.YELLOW)  # the notebook's blue, red and yellow, in turn


def sample(kernel: np.ndarray, seed: int) -> np.ndarray:
    """All weights of a small kernel, or `SAMPLE` of them drawn without replacement; one dimension."""
    weights = kernel.ravel()
    if weights.size <= SAMPLE:
        return weights
    return weights[np.random.default_rng(seed).choice(weights.size, SAMPLE, replace=False, shuffle=False)]


@style.applied()
def draw_violins(kernels: Mapping[str, np.ndarray], run: str, seed: int) -> Figure:
    """One panel for each kernel (layer name to float32 array), in rows of five, each on its own scale."""
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


def save_violins(path: Path, kernels: Mapping[str, np.ndarray], run: str, seed: int) -> None:
    """Write `draw_violins` to `path`."""
    style.save(draw_violins(kernels, run, seed), path)


def _violin(axes: Axes, weights: np.ndarray, colour: str) -> None:
    import seaborn  # takes two seconds, so only who draws violins pays

    seaborn.violinplot(y=weights, ax=axes, color=colour, saturation=1, linewidth=0.8, cut=0, inner="box")
    axes.axhline(0, color=style.GREY, linewidth=0.6, zorder=0)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.set_xticks([])
