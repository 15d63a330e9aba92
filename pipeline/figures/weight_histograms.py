"""How the distribution of each kernel's weights changed over the epochs of one run."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pipeline.figures import run_styles, style

MAX_EPOCHS = 4  # epochs drawn, from the first to the last
MERGED_BINS = 4  # neighbouring bins, since small kernels have few weights in each
HISTOGRAM_RANGE = 4.0  # in standard deviations of He's initialisation, on either side of 0


@style.applied()
def draw_weight_histograms(histograms: Mapping[str, Mapping[str, Any]], run: str, architecture: str) -> Figure:
    """Draw a line per epoch above each layer's name, later ones darker; `histograms` as in histograms.json."""
    drawing = style.figure(7.4, 1.1 + 0.42 * len(histograms))
    axes = drawing.add_subplot()
    total = len(next(iter(histograms.values()))["counts"])
    chosen = sorted({round(epoch) for epoch in np.linspace(0, total - 1, min(MAX_EPOCHS, total))})
    shades = np.linspace(0.65, -0.35, len(chosen)) if len(chosen) > 1 else [0.0]
    colours = [run_styles.colour(architecture, shade) for shade in shades]
    for place, histogram in enumerate(histograms.values()):
        bins = np.array(histogram["counts"], dtype=float)[chosen]
        counts = bins.reshape(len(chosen), -1, MERGED_BINS).sum(axis=2)
        centres = HISTOGRAM_RANGE * ((2 * np.arange(counts.shape[1]) + 1) / counts.shape[1] - 1)
        counts, centres = counts[:, 1:-1], centres[1:-1]  # the outer bins also hold all weights outside the range
        for order, (height, colour) in enumerate(zip(counts / counts.max(), colours, strict=True)):
            axes.plot(centres, place - 0.9 * height, color=colour, linewidth=0.8 + 0.4 * order)
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
