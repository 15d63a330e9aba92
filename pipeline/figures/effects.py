"""What each ingredient changed: differences in test accuracy with their intervals, a line each."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.figure import Figure

from pipeline.figures import looks, style

LINES = 30  # more cannot be read


class Line(NamedTuple):
    """`difference` in accuracy: estimate, low, high, as shares; `fair` if nothing but the ingredient differs."""

    label: str
    architecture: str
    difference: tuple[float, float, float]
    fair: bool


@style.applied()
def draw_effects(lines: Sequence[Line]) -> Figure:
    """The largest `LINES` of them, in the order given; hollow where the two differ in more than the ingredient."""
    largest = sorted(lines, key=lambda line: -abs(line.difference[0]))[:LINES]
    shown = [line for line in lines if line in largest]
    drawing = style.figure(8, 1.1 + 0.32 * len(shown))
    axes = drawing.add_subplot()
    axes.axvline(0, color=style.GREY, linewidth=1)
    for place, line in enumerate(shown):
        value, low, high = (100 * share for share in line.difference)
        colour = looks.colour(line.architecture)
        fill = colour if line.fair else "white"
        bars = [[max(0.0, value - low)], [max(0.0, high - value)]]
        axes.errorbar(value, place, xerr=bars, fmt="o", color=colour, markerfacecolor=fill, capsize=3)
    axes.set_yticks(range(len(shown)), [line.label for line in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlabel("change of test accuracy, percentage points, with its 95 % interval")
    more = f", the {LINES} largest of {len(lines)}" if len(lines) > LINES else ""
    axes.set_title(f"With an ingredient less without it{more}. Hollow: not all else equal.")
    axes.grid(True, axis="x")
    return drawing


def save_effects(path: Path, lines: Sequence[Line]) -> None:
    """Write `draw_effects` to `path`."""
    style.save(draw_effects(lines), path)
