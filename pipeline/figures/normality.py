"""Shape of each kernel's weights, before and after the training."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pipeline.figures import run_styles, style

MARKERS = {"conv": "o", "dense": "s", "output": "^"}  # kinds of layers, by the start of their names
MOMENTS = ("excess kurtosis", "skew")


class Shape(NamedTuple):
    """One kernel: (excess kurtosis, skew) of its weights, `trained` and `initial`; None if the latter is not known."""

    architecture: str
    layer: str
    trained: tuple[float, float]
    initial: tuple[float, float] | None


@style.applied()
def draw_normality(shapes: Sequence[Shape]) -> Figure:
    """Draw a column of panels per architecture: excess kurtosis above skew, a place on the x axis for each kernel."""
    architectures = list(dict.fromkeys(shape.architecture for shape in shapes)) or [""]
    kernels = {name: [shape for shape in shapes if shape.architecture == name] for name in architectures}
    drawing = style.figure(4.8, 4.2)
    drawing.suptitle("Shape of the weights; a normal distribution has 0 and 0")
    widths = [max(2, len(chosen)) for chosen in kernels.values()]
    panels = drawing.subplots(2, len(kernels), squeeze=False, sharex="col", sharey="row", width_ratios=widths)
    for column, (name, chosen) in zip(panels.T, kernels.items(), strict=True):
        for moment, axes in enumerate(column):
            _panel(axes, chosen, moment, run_styles.colour(name))
        column[0].set_title(name)
        column[1].set_xticks(range(len(chosen)), [shape.layer for shape in chosen], rotation=90)
    for axes, label in zip(panels[:, 0], MOMENTS, strict=True):
        axes.set_ylabel(label)
    grey = {"linestyle": "", "color": style.GREY}
    kinds = [Line2D([], [], marker=marker, label=kind, **grey) for kind, marker in MARKERS.items()]
    hollow = Line2D([], [], marker="o", fillstyle="none", label="before training", **grey)
    drawing.legend(handles=[*kinds, hollow], loc="outside lower center", ncols=4)
    return drawing


def _panel(axes: Axes, shapes: Sequence[Shape], moment: int, colour: str) -> None:
    axes.axhline(0, color="black", linewidth=1)
    for place, shape in enumerate(shapes):
        marker = next((marker for kind, marker in MARKERS.items() if shape.layer.startswith(kind)), "o")
        look = {"marker": marker, "color": colour, "linestyle": "", "markersize": 5}
        if shape.initial is not None:
            axes.plot([place, place], [shape.initial[moment], shape.trained[moment]], color=colour, linewidth=1)
            axes.plot(place, shape.initial[moment], fillstyle="none", **look)
        axes.plot(place, shape.trained[moment], **look)
    axes.margins(x=0.5 / max(2, len(shapes)))
    axes.grid(True, axis="y")
