"""How far each kernel's weights are from a normal distribution, and from their own before the training."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pipeline.figures import run_styles, style

MARKERS = {"conv": "o", "dense": "s", "output": "^"}  # kinds of layers, by the start of their names
THRESHOLD = {"color": "black", "linewidth": 1, "linestyle": "--"}


class Distances(NamedTuple):
    """One kernel: its distances from a normal and from its initial distribution; None if the latter is not known."""

    architecture: str
    layer: str
    from_normal: float
    from_initial: float | None


@style.applied()
def draw_normality(kernels: Sequence[Distances], threshold: float) -> Figure:
    """Draw a column of panels per architecture, and a place on the x axis for each kernel.

    The upper panels have the distance from a normal distribution, with a line at `threshold`.
    """
    architectures = list(dict.fromkeys(kernel.architecture for kernel in kernels)) or [""]
    chosen = {name: [kernel for kernel in kernels if kernel.architecture == name] for name in architectures}
    drawing = style.figure(4.8, 4.2)
    drawing.suptitle("Distance of each kernel's weights from…")
    widths = [max(2, len(own)) for own in chosen.values()]
    panels = drawing.subplots(2, len(chosen), squeeze=False, sharex="col", sharey=True, width_ratios=widths)
    for (upper, lower), (name, own) in zip(panels.T, chosen.items(), strict=True):
        upper.axhline(threshold, **THRESHOLD)
        for axes, distances in ((upper, "from_normal"), (lower, "from_initial")):
            _panel(axes, own, distances, run_styles.colour(name))
        upper.set_title(name)
        lower.set_xticks(range(len(own)), [kernel.layer for kernel in own], rotation=90)
    panels[0, 0].set(ylabel="a normal distribution", ylim=(0, None))
    panels[1, 0].set_ylabel("its initial distribution")
    grey = {"linestyle": "", "color": style.GREY}
    kinds = [Line2D([], [], marker=marker, label=kind, **grey) for kind, marker in MARKERS.items()]
    limit = Line2D([], [], label=f"normal: at most {threshold:g}", **THRESHOLD)
    drawing.legend(handles=[*kinds, limit], loc="outside lower center", ncols=4)
    return drawing


def _panel(axes: Axes, kernels: Sequence[Distances], distance: str, colour: str) -> None:
    for place, kernel in enumerate(kernels):
        marker = next((marker for kind, marker in MARKERS.items() if kernel.layer.startswith(kind)), "o")
        value = getattr(kernel, distance)
        if value is not None:
            axes.plot(place, value, marker=marker, color=colour, linestyle="", markersize=5)
    axes.margins(x=0.5 / max(2, len(kernels)))
    axes.grid(True, axis="y")
