"""How often a network is wrong, where it is how sure: error rate against doubt, both on log scales."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pipeline.figures import run_styles, scales, style

LIMITS = (1e-3, 100.0)  # per cent of doubt and of errors that are drawn
PERFECT = {"color": "black", "linewidth": 1}


class Reliability(NamedTuple):
    """The answers of one network in bins of its doubt, which is 100 % minus its confidence in an answer.

    For each bin that has images: their mean `doubt`, the errors among them with a 95 % interval, (rate, low, high), and
    the `share` of all images that they are; all in per cent.
    """

    name: str
    architecture: str
    flags: tuple[bool, bool, bool]  # pooling, dropout, batch_norm
    doubt: Sequence[float]
    errors: Sequence[tuple[float, float, float]]
    share: Sequence[float]


@style.applied()
def draw_reliability(networks: Sequence[Reliability]) -> Figure:
    """Draw a panel per architecture, and under it the share of the images in each bin."""
    architectures = list(dict.fromkeys(network.architecture for network in networks)) or [""]
    drawing = style.figure(max(5.5, 3.6 * len(architectures)), 4.4)
    drawing.suptitle("Test error by how sure the network is")
    panels = drawing.subplots(2, len(architectures), squeeze=False, sharex=True, sharey="row", height_ratios=(3, 1))
    for (axes, shares), architecture in zip(panels.T, architectures, strict=True):
        axes.plot(LIMITS, LIMITS, **PERFECT)
        for network in networks:
            if network.architecture == architecture:
                _draw(axes, shares, network)
        axes.set_title(architecture)
        axes.text(0.04, 0.94, "too sure", transform=axes.transAxes, va="top")
        axes.text(0.96, 0.06, "not sure enough", transform=axes.transAxes, ha="right")
        axes.grid(True)
        shares.grid(True)
        shares.set_xlabel("doubt, % (100 − confidence; log)")
    (axes, *_), (shares, *_) = panels
    scales.log_axis(axes, axes.xaxis, (1,))
    scales.log_axis(axes, axes.yaxis, (1,))
    scales.log_axis(shares, shares.yaxis, (1,))
    axes.set(xlim=LIMITS, ylim=LIMITS, ylabel="errors, % (log)")
    shares.set(ylim=(0.03, 150), ylabel="images, %")
    drawing.legend(handles=_legend(networks), loc="outside lower center", ncols=len(architectures) + 1)
    return drawing


def _draw(axes: Axes, shares: Axes, network: Reliability) -> None:
    variant = run_styles.VARIANTS[network.flags]
    look = {"color": run_styles.colour(network.architecture, variant.shade), "marker": variant.marker, "markersize": 5}
    doubt = np.maximum(network.doubt, LIMITS[0])
    rate, low, high = np.array(network.errors, dtype=float).T
    some = rate > 0
    bars = np.array([rate - low, high - rate]).clip(0)[:, some]
    axes.errorbar(doubt[some], rate[some], bars, elinewidth=0.8, linewidth=1.2, label=network.name, **look)
    axes.plot(doubt[~some], high[~some], linestyle="", fillstyle="none", **look)
    shares.plot(doubt, network.share, linewidth=1.2, **look)


def _legend(networks: Sequence[Reliability]) -> list[Line2D]:
    variants = [run_styles.VARIANTS[flags] for flags in dict.fromkeys(network.flags for network in networks)]
    grey = {"color": style.GREY, "linestyle": ""}
    handles = [Line2D([], [], marker=variant.marker, label=variant.name, **grey) for variant in variants]
    handles.append(Line2D([], [], label="as sure as right", **PERFECT))
    if any(rate == 0 for network in networks for rate, *_ in network.errors):
        handles.append(Line2D([], [], marker="o", fillstyle="none", label="no error: upper limit", **grey))
    return handles
