"""The style of all figures: fonts, sizes, and colours that colour-blind people can tell apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib
import matplotlib.style
from matplotlib.figure import Figure

from pipeline.core.files import atomic

DPI = 120
BLUE, RED, YELLOW, PINK = "#0072B2", "#D55E00", "#F0E442", "#CC79A7"  # Okabe & Ito, 2008
GREY = "#7F7F7F"
RULES = {
    "font.family": "DejaVu Sans",  # part of matplotlib, so every machine draws the same
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#DDDDDD",
    "axes.axisbelow": True,
    "lines.linewidth": 1.5,
    "lines.markersize": 5,
    "legend.frameon": False,
}


@contextmanager
def applied() -> Iterator[None]:
    """Use this style instead of the machine's matplotlib settings; a context manager and a decorator."""
    with matplotlib.style.context(RULES, after_reset=True):
        yield


def figure(width: float, height: float) -> Figure:
    """An empty figure, `width` by `height` inches; pyplot does not know it, and it needs no screen."""
    return Figure(figsize=(width, height), layout="constrained")


def save(drawing: Figure, path: Path) -> None:
    """Write a figure as PNG, completely or not at all; equal figures give equal bytes."""
    with applied(), atomic(path) as stream:
        drawing.savefig(stream, format="png", dpi=DPI, metadata={"Software": None})
