"""Test accuracy against cost: parameters, and floating-point operations of the training."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from matplotlib.transforms import offset_copy

from pipeline.figures import run_styles, style

MIN_ERROR = 1e-5  # the smallest error rate drawn: a log axis has no 0
OFFSET = 6  # typographic points between neighbouring variants, which cost the same and would hide each other


class RunCost(NamedTuple):
    """One run: its test accuracy (estimate, low, high of the 95 % interval, as fractions), and its costs."""

    architecture: str
    flags: tuple[bool, bool, bool]  # pooling, dropout, batch_norm
    accuracy: tuple[float, float, float]
    parameters: int
    flops: float


@style.applied()
def draw_cost(runs: Sequence[RunCost]) -> Figure:
    """Draw test accuracy, on a log scale of the errors, against parameters (left) and training compute (right)."""
    drawing = style.figure(10, 4.2)
    left, right = drawing.subplots(1, 2, sharey=True)
    _panel(left, runs, [run.parameters / 1e6 for run in runs], "parameters, millions (log)")
    _panel(right, runs, [run.flops / 1e12 for run in runs], "training compute, TFLOP (log)")
    left.set_ylabel("test accuracy (log scale of errors)")
    left.set_yscale("log")
    left.invert_yaxis()
    left.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    left.yaxis.set_minor_locator(NullLocator())
    left.yaxis.set_major_formatter(FuncFormatter(lambda error, _: f"{100 * (1 - error):.4g} %"))
    drawing.suptitle("Test accuracy against cost; bars: 95 % intervals (Wilson); variants side by side")
    drawing.legend(handles=_legend(runs), loc="outside right center")
    return drawing


def _panel(axes: Axes, runs: Sequence[RunCost], costs: Sequence[float], label: str) -> None:
    variants = [flags for flags in run_styles.VARIANTS if any(run.flags == flags for run in runs)]
    for run, cost in zip(runs, costs, strict=True):
        variant = run_styles.VARIANTS[run.flags]
        error, high, low = (max(MIN_ERROR, 1 - fraction) for fraction in run.accuracy)
        offset = OFFSET * (variants.index(run.flags) - (len(variants) - 1) / 2)
        axes.update_datalim([(cost, low), (cost, high)])  # points drawn with an offset do not count by themselves
        place = {"transform": offset_copy(axes.transData, axes.figure, x=offset, units="points")}
        bars = [[max(0.0, error - low)], [max(0.0, high - error)]]
        marker = {"fmt": variant.marker, "markersize": 7, "markeredgecolor": "black", "markeredgewidth": 0.4}
        colour = run_styles.colour(run.architecture, variant.shade)
        axes.errorbar(cost, error, bars, color=colour, elinewidth=1, **marker, **place)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.set_xlabel(label)
    axes.margins(x=0.12)
    axes.grid(True)


def _legend(runs: Sequence[RunCost]) -> list[Line2D]:
    """An entry for each architecture's colour, and one for each variant's marker."""
    colours = [
        Line2D([], [], linestyle="", marker="s", color=run_styles.colour(name), label=name)
        for name in dict.fromkeys(run.architecture for run in runs)
    ]
    variants = [run_styles.VARIANTS[flags] for flags in dict.fromkeys(run.flags for run in runs)]
    marker = {"linestyle": "", "color": style.GREY, "markeredgecolor": "black", "markeredgewidth": 0.4}
    return colours + [Line2D([], [], marker=variant.marker, label=variant.name, **marker) for variant in variants]
