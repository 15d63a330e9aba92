"""How the distribution of each kernel's weights moved over the epochs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pipeline.figures import run_styles, style

EPOCHS = 4  # drawn, from the first to the last
MERGED = 4  # neighbouring bins, since small kernels have few weights in each
HE = 4.0  # standard deviations of He's initialisation that a histogram spans, either way


@style.applied()
def draw_movement(histograms: Mapping[str, Mapping[str, Any]], run: str, architecture: str) -> Figure:
    """A line of each epoch chosen over each layer's name, paler for earlier; `histograms` as in histograms.json."""
    drawing = style.figure(7.4, 1.1 + 0.42 * len(histograms))
    axes = drawing.add_subplot()
    total = len(next(iter(histograms.values()))["counts"])
    chosen = sorted({round(epoch) for epoch in np.linspace(0, total - 1, min(EPOCHS, total))})
    shades = np.linspace(0.65, -0.35, len(chosen)) if len(chosen) > 1 else [0.0]
    colours = [run_styles.colour(architecture, shade) for shade in shades]
    for place, histogram in enumerate(histograms.values()):
        bins = np.array(histogram["counts"], dtype=float)[chosen]
        counts = bins.reshape(len(chosen), -1, MERGED).sum(axis=2)
        middles = HE * ((2 * np.arange(counts.shape[1]) + 1) / counts.shape[1] - 1)
        counts, middles = counts[:, 1:-1], middles[1:-1]  # the bins at the ends hold all that lies beyond them
        for height, colour, order in zip(counts / counts.max(), colours, range(len(chosen)), strict=True):
            axes.plot(middles, place - 0.9 * height, color=colour, linewidth=0.8 + 0.4 * order)
    axes.set_yticks(range(len(histograms)), histograms)
    axes.set_ylim(len(histograms) - 0.5, -1.1)
    axes.set_xlabel("weight, in standard deviations of He's initialisation of that layer")
    axes.set_title(f"{run}: weights over the epochs")
    handles = [
        Line2D([], [], color=colour, label=f"epoch {epoch + 1}") for epoch, colour in zip(chosen, colours, strict=True)
    ]
    axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5))
    axes.grid(True, axis="x")
    return drawing
