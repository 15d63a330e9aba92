"""Test error of each network, with its interval and what was published."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from pipeline.figures import run_styles, scales, style

PUBLISHED = {"marker": "|", "color": "black", "markersize": 13, "markeredgewidth": 2, "linestyle": ""}
SEED = {"marker": "o", "fillstyle": "none", "markersize": 3.5, "linestyle": "", "markeredgewidth": 0.8}


class Score(NamedTuple):
    """The test error of one run, or of runs that differ only in their seed; error rates are in per cent.

    `error` is (mean, low, high), `seeds` has each run's; `published` is None where nothing was.
    """

    name: str
    architecture: str
    flags: tuple[bool, bool, bool]  # pooling, dropout, batch_norm
    error: tuple[float, float, float]
    seeds: Sequence[float]
    published: float | None
    parameters: int
    flops: float  # of the training

    def bars(self) -> tuple[float, list[list[float]]]:
        """The error rate, and how far its interval reaches below and above; nothing is lower than a log axis shows."""
        value, low, high = (max(scales.MIN_ERROR, rate) for rate in self.error)
        return value, [[max(0.0, value - low)], [max(0.0, high - value)]]

    def look(self) -> dict[str, Any]:
        """Marker and colour, as arguments of `errorbar`."""
        variant = run_styles.VARIANTS[self.flags]
        colour = run_styles.colour(self.architecture, variant.shade)
        edge = {"markeredgecolor": "black", "markeredgewidth": 0.4}
        return {"fmt": variant.marker, "color": colour, "markersize": 6, **edge}


@style.applied()
def draw_accuracy(scores: Sequence[Score]) -> Figure:
    """Draw a row per score: the error rate on a log scale, with its interval, each seed and the published one."""
    drawing = style.figure(4.8, 1.6 + 0.24 * max(1, len(scores)))
    axes = drawing.add_subplot()
    drawing.suptitle("Test error, with 95 % intervals")
    for row, score in enumerate(scores):
        value, bars = score.bars()
        axes.errorbar(value, row, xerr=bars, capsize=3, elinewidth=1.4, **score.look())
        if len(score.seeds) > 1:
            seeds = [max(scales.MIN_ERROR, error) for error in score.seeds]
            axes.plot(seeds, [row] * len(seeds), color=score.look()["color"], **SEED)
        if score.published is not None:
            axes.plot(score.published, row, **PUBLISHED)
    axes.set_yticks(range(len(scores)), [score.name for score in scores])
    axes.set_ylim(len(scores) - 0.4, -0.6)
    axes.grid(True, axis="x")
    scales.log_axis(axes, axes.xaxis)
    axes.set_xlabel("errors, % (log)")
    _accuracy_axis(axes)
    if handles := _legend(scores):
        drawing.legend(handles=handles, loc="outside lower center", ncols=2)
    return drawing


def _accuracy_axis(axes: Axes) -> None:
    """Say the accuracies above the error rates, at the same ticks."""
    top = axes.secondary_xaxis("top")
    top.set_xlabel("accuracy, %")
    scales.log_axis(top, top.xaxis)
    top.xaxis.set_major_formatter(FuncFormatter(lambda error, _: f"{100 - error:.6g}"))


def _legend(scores: Sequence[Score]) -> list[Line2D]:
    handles = []
    if any(score.published is not None for score in scores):
        handles.append(Line2D([], [], label="published in 2018", **PUBLISHED))
    if any(len(score.seeds) > 1 for score in scores):
        handles.append(Line2D([], [], color=style.GREY, label="one seed; filled: their mean", **SEED))
    return handles
