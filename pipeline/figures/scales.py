"""Axes of error rates and of counts: log scales with plain numbers at their ticks."""

import math
from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

WIDE = 10  # times the lowest value: from there on an axis of counts is logarithmic
DECADES = 30  # times the lowest value: from there on only powers of ten have a tick
MAX_POWERS = 4  # powers of ten with a tick; of more, some are left out
MIN_ERROR = 0.01  # per cent: the lowest error rate that is drawn, since a log axis has no 0


def log_axis(axes: Axes, axis: Axis, steps: tuple[int, ...] = (1, 2, 5)) -> None:
    """Make one of the two axes logarithmic, with ticks at `steps` times the powers of ten."""
    (axes.set_xscale if axis is axes.xaxis else axes.set_yscale)("log")
    axis.set_major_locator(LogLocator(subs=steps, numticks=MAX_POWERS if steps == (1,) else "auto"))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))


def count_axis(axes: Axes, values: Iterable[float], label: str) -> None:
    """Label the x axis of positive values, and make it logarithmic if they differ by more than ten times.

    Values that are not known, NaN, do not count.
    """
    found = [value for value in values if math.isfinite(value)] or [1.0]
    times = max(found) / min(found)
    wide = times > WIDE
    axes.set_xlabel(f"{label} (log)" if wide else label)
    if wide:
        log_axis(axes, axes.xaxis, (1,) if times > DECADES else (1, 2, 5))
    else:
        axes.set_xlim(left=0)
