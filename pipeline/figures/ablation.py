"""What each ingredient changed: differences in test accuracy with their intervals, a line each."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.figures import run_styles, style

LINES = 30  # more cannot be read


class Line(NamedTuple):
    """`difference` in accuracy: estimate, low, high, as shares; `fair` if nothing but the ingredient differs."""

    label: str
    architecture: str
    difference: tuple[float, float, float]
    fair: bool


@style.applied()
def draw_effects(lines: Sequence[Line]) -> Figure:
    """A panel for each architecture, on a scale of its own, since a large effect would hide the small ones elsewhere.

    The largest `LINES` of all are drawn, in the order given; hollow where the two differ in more than the ingredient.
    """
    largest = sorted(lines, key=lambda line: -abs(line.difference[0]))[:LINES]
    shown = [line for line in lines if line in largest]
    panels = [[line for line in shown if line.architecture == name] for name in architectures(shown)] or [[]]
    heights = [len(panel) + 1.5 for panel in panels]
    drawing = style.figure(7.4, 0.6 + 0.3 * sum(heights))
    more = f", the {LINES} largest of {len(lines)}" if len(lines) > LINES else ""
    drawing.suptitle(
        f"Test accuracy with an ingredient minus without it{more}, a scale for each network.\n"
        "Hollow: not all else equal. Each interval by itself: the report's p-values are adjusted for all."
    )
    column = drawing.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, panel in zip(column, panels, strict=True):
        _panel(axes, panel)
    column[-1].set_xlabel("change of test accuracy, percentage points, with its 95 % interval", loc="right")
    return drawing


def save_effects(path: Path, lines: Sequence[Line]) -> None:
    """Write `draw_effects` to `path`."""
    style.save(draw_effects(lines), path)


def architectures(lines: Sequence[Line]) -> list[str]:
    """Their names, each once, in order."""
    return list(dict.fromkeys(line.architecture for line in lines))


def _panel(axes: Axes, lines: Sequence[Line]) -> None:
    if not lines:
        axes.text(0.5, 0.5, "no two runs differ in one ingredient", ha="center", transform=axes.transAxes)
    axes.axvline(0, color=style.GREY, linewidth=1)
    for place, line in enumerate(lines):
        value, low, high = (100 * share for share in line.difference)
        colour = run_styles.colour(line.architecture)
        fill = colour if line.fair else "white"
        bars = [[max(0.0, value - low)], [max(0.0, high - value)]]
        axes.errorbar(value, place, xerr=bars, fmt="o", color=colour, markerfacecolor=fill, capsize=3)
    axes.set_yticks(range(len(lines)), [line.label for line in lines])
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.grid(True, axis="x")
