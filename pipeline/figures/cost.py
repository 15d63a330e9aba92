"""Test error against cost: parameters, and floating-point operations of the training."""

import itertools
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import offset_copy

from pipeline.figures import run_styles, scales, style
from pipeline.figures.accuracy import Score

FILLS = ("full", "left", "none")  # of the architectures' markers, in turn: colours are alike in black and white
OFFSET = 6  # typographic points between neighbouring variants, which cost the same and would hide each other


@style.applied()
def draw_cost(scores: Sequence[Score]) -> Figure:
    """Draw the test error, on a log scale, against parameters (left) and training compute (right)."""
    drawing = style.figure(4.8, 4.0)
    drawing.suptitle("Test error against cost, with 95 % intervals")
    left, right = drawing.subplots(1, 2, sharey=True)
    _panel(left, scores, [score.parameters / 1e6 for score in scores], "parameters, millions")
    _panel(right, scores, [score.flops / 1e12 for score in scores], "compute, TFLOP")
    scales.log_axis(left, left.yaxis)
    left.set_ylabel("test error, % (log)")
    drawing.legend(handles=_legend(scores), loc="outside lower center", ncols=3)
    return drawing


def _panel(axes: Axes, scores: Sequence[Score], costs: Sequence[float], label: str) -> None:
    variants = [flags for flags in run_styles.VARIANTS if any(score.flags == flags for score in scores)]
    fills = _fills(scores)
    for score, cost in zip(scores, costs, strict=True):
        error, bars = score.bars()
        offset = OFFSET * (variants.index(score.flags) - (len(variants) - 1) / 2)
        axes.update_datalim([(cost, error - bars[0][0]), (cost, error + bars[1][0])])  # an offset hides points from it
        place = {"transform": offset_copy(axes.transData, axes.figure, x=offset, units="points")}
        edge = {"fillstyle": fills[score.architecture], "markeredgecolor": score.look()["color"], "markeredgewidth": 1}
        axes.errorbar(cost, error, bars, elinewidth=1, **score.look() | edge, **place)
    axes.margins(x=0.15)
    scales.count_axis(axes, costs, label)
    axes.grid(True)


def _legend(scores: Sequence[Score]) -> list[Line2D]:
    """An entry for each architecture's colour and fill, and one for each variant's marker."""
    colours = [
        Line2D([], [], linestyle="", marker="s", fillstyle=fill, color=run_styles.colour(name), label=name)
        for name, fill in _fills(scores).items()
    ]
    variants = [run_styles.VARIANTS[flags] for flags in dict.fromkeys(score.flags for score in scores)]
    marker = {"linestyle": "", "color": style.GREY}
    return colours + [Line2D([], [], marker=variant.marker, label=variant.name, **marker) for variant in variants]


def _fills(scores: Sequence[Score]) -> dict[str, str]:
    """How the markers of each architecture are filled."""
    return dict(zip(dict.fromkeys(score.architecture for score in scores), itertools.cycle(FILLS), strict=False))
