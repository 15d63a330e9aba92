"""Accuracy against what it cost: parameters, and the operations of the training."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from matplotlib.transforms import offset_copy

from pipeline.figures import run_styles, style

TINY = 1e-5  # the least error rate drawn: a log axis has no 0
MANY = 40  # points from which on they are small and pale
APART = 6  # typographic points between neighbouring variants, which cost the same and would hide each other


class Point(NamedTuple):
    """One run: its test accuracy with its 95 % interval, as shares, and its costs."""

    architecture: str
    flags: tuple[bool, bool, bool]
    accuracy: tuple[float, float, float]  # estimate, low, high
    parameters: int
    flops: float


@style.applied()
def draw_tradeoff(points: Sequence[Point]) -> Figure:
    """Two panels with one vertical axis: test accuracy, on a log scale of the errors, better above."""
    drawing = style.figure(10, 4.2)
    left, right = drawing.subplots(1, 2, sharey=True)
    _panel(left, points, [point.parameters / 1e6 for point in points], "parameters, millions (log)")
    _panel(right, points, [point.flops / 1e12 for point in points], "training compute, TFLOP (log)")
    left.set_ylabel("test accuracy (log scale of errors)")
    left.set_yscale("log")
    left.invert_yaxis()
    left.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    left.yaxis.set_minor_locator(NullLocator())
    left.yaxis.set_major_formatter(FuncFormatter(lambda error, _: f"{100 * (1 - error):.4g} %"))
    drawing.suptitle("What parameters and compute bought; bars: 95 % intervals (Wilson); variants side by side")
    drawing.legend(handles=_legend(points), loc="outside right center")
    return drawing


def save_tradeoff(path: Path, points: Sequence[Point]) -> None:
    """Write `draw_tradeoff` to `path`."""
    style.save(draw_tradeoff(points), path)


def _panel(axes: Axes, points: Sequence[Point], costs: Sequence[float], label: str) -> None:
    crowded = len(points) > MANY
    variants = [flags for flags in run_styles.VARIANTS if any(point.flags == flags for point in points)]
    for point, cost in zip(points, costs, strict=True):
        look = run_styles.VARIANTS[point.flags]
        error, high, low = (max(TINY, 1 - share) for share in point.accuracy)
        bars = [[max(0.0, error - low)], [max(0.0, high - error)]]
        size, alpha = (3, 0.5) if crowded else (7, 1.0)
        shape = {"fmt": look.marker, "markersize": size, "alpha": alpha, "markeredgecolor": "black"}
        colour = run_styles.colour(point.architecture, look.shade)
        aside = APART * (variants.index(point.flags) - (len(variants) - 1) / 2)
        axes.update_datalim([(cost, low), (cost, high)])  # which what stands aside does not do by itself
        where = offset_copy(axes.transData, axes.figure, x=aside, units="points")
        axes.errorbar(cost, error, transform=where, yerr=bars, color=colour, elinewidth=1, markeredgewidth=0.4, **shape)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.set_xlabel(label)
    axes.margins(x=0.12)
    axes.grid(True)


def _legend(points: Sequence[Point]) -> list[Line2D]:
    """An entry for each architecture's colour, and one for each variant's marker."""
    colours = [
        Line2D([], [], linestyle="", marker="s", color=run_styles.colour(name), label=name)
        for name in dict.fromkeys(point.architecture for point in points)
    ]
    variants = [run_styles.VARIANTS[flags] for flags in dict.fromkeys(point.flags for point in points)]
    style_of = {"linestyle": "", "color": style.GREY, "markeredgecolor": "black", "markeredgewidth": 0.4}
    return colours + [Line2D([], [], marker=look.marker, label=look.name, **style_of) for look in variants]
