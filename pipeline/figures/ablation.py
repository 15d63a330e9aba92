"""Change of test accuracy by pooling, dropout and batch normalisation, with 95 % intervals."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.figures import run_styles, style

LABEL = {"textcoords": "offset points", "ha": "center", "va": "bottom", "fontsize": "small"}


class Effect(NamedTuple):
    """`difference` in accuracy: estimate, low, high, as fractions; `fair` if only the component differs.

    `text` stands above its point.
    """

    label: str
    architecture: str
    difference: tuple[float, float, float]
    fair: bool
    text: str


@style.applied()
def draw_ablation(effects: Sequence[Effect]) -> Figure:
    """Draw a panel per architecture, each with its own scale, since a large effect would hide small ones elsewhere.

    A point is hollow where the comparison is not fair.
    """
    panels: dict[str, list[Effect]] = {}
    for effect in effects:
        panels.setdefault(effect.architecture, []).append(effect)
    panels = panels or {"": []}
    heights = [len(panel) + 1.5 for panel in panels.values()]
    drawing = style.figure(6.6, 0.6 + 0.27 * sum(heights))
    drawing.suptitle("Change of test accuracy by each component; one scale per architecture")
    column = drawing.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, panel in zip(column, panels.values(), strict=True):
        _panel(axes, panel)
    column[-1].set_xlabel("change of test accuracy, percentage points, with its 95 % interval", loc="right")
    return drawing


def _panel(axes: Axes, effects: Sequence[Effect]) -> None:
    if not effects:
        axes.text(0.5, 0.5, "no two runs differ in one component", ha="center", transform=axes.transAxes)
    axes.axvline(0, color=style.GREY, linewidth=1)
    for place, effect in enumerate(effects):
        value, low, high = (100 * fraction for fraction in effect.difference)
        colour = run_styles.colour(effect.architecture)
        fill = colour if effect.fair else "white"
        bars = [[max(0.0, value - low)], [max(0.0, high - value)]]
        axes.errorbar(value, place, xerr=bars, fmt="o", color=colour, markerfacecolor=fill, capsize=3)
        axes.annotate(effect.text, (value, place), (0, 4), **LABEL)
    axes.set_yticks(range(len(effects)), [effect.label for effect in effects])
    axes.set_ylim(len(effects) - 0.4, -0.6)
    axes.grid(True, axis="x")
