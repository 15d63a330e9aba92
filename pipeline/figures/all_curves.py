"""Error rate and loss of all runs against the training images seen, in one figure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pipeline.figures import run_styles, scales, style

AXIS_LABELS = {"error": "error rate, % (log)", "loss": "cross-entropy loss (log)"}
LINES = {
    "train": {"linestyle": "--", "fillstyle": "none", "linewidth": 0.9},
    "val": {"linestyle": "-", "fillstyle": "full", "linewidth": 1.6},
}
PUBLISHED = {"linestyle": ":", "marker": ".", "linewidth": 1.2}
BAND = {"alpha": 0.2, "linewidth": 0}
MANY_POINTS = 8  # epochs; with twice as many or more, only some have a marker


class Curves(NamedTuple):
    """The trainings of runs that differ only in their seed, or those that were published.

    `images` are those seen after each epoch, (epochs,). `measures` has error rates in per cent and losses, as float
    (seeds, epochs), by name: "val_error", "val_loss", "train_error", "train_loss". `flags` are (pooling, dropout,
    batch_norm); `flops` are those of the training with one image.
    """

    name: str
    architecture: str
    flags: tuple[bool, bool, bool]
    images: Sequence[float]
    measures: Mapping[str, np.ndarray]
    flops: float

    @property
    def thousands(self) -> np.ndarray:
        """Thousands of images seen after each epoch, float (epochs,)."""
        return np.asarray(self.images) / 1e3

    @property
    def teraflops(self) -> np.ndarray:
        """10¹² floating-point operations of the training after each epoch, float (epochs,)."""
        return np.asarray(self.images) * self.flops / 1e12


@style.applied()
def draw_all_curves(groups: Sequence[Curves], published: Mapping[str, Curves]) -> Figure:
    """Draw a column of panels per architecture, error rate above loss, with the same scales in all columns.

    `published` maps architectures to their curves of training; without groups only these are drawn.
    """
    architectures = list(dict.fromkeys(curves.architecture for curves in groups)) or list(published)
    drawing = style.figure(max(5.5, 3.6 * len(architectures)), 5.4)
    drawing.suptitle("Error rate and loss while training, by network")
    panels = drawing.subplots(2, len(architectures), squeeze=False, sharex=True, sharey="row")
    for column, architecture in zip(panels.T, architectures, strict=True):
        chosen = [curves for curves in groups if curves.architecture == architecture]
        known = [published[architecture]] if architecture in published else []
        for axes, measure in zip(column, AXIS_LABELS, strict=True):
            for curves in known:
                plot(axes, curves, f"train_{measure}", curves.thousands, color=style.GREY, **PUBLISHED)
            for curves in chosen:
                for split, line in LINES.items():
                    plot(axes, curves, f"{split}_{measure}", curves.thousands, **line, **_marker(curves), markersize=4)
            axes.grid(True)
        column[0].set_title(architecture)
    _set_axes(panels, [*groups, *published.values()])
    drawing.legend(handles=_legend(groups, bool(published)), loc="outside lower center", ncols=len(architectures) + 1)
    return drawing


def plot(axes: Axes, curves: Curves, measure: str, x: np.ndarray, **line: Any) -> None:
    """Draw the mean of a measure over the seeds and a band from the lowest to the highest; error rates above 0.

    `x` is float (epochs,); `line` are matplotlib's properties of a line.
    """
    values = np.asarray(curves.measures[measure])
    values = np.maximum(values, scales.MIN_ERROR) if measure.endswith("error") else values
    every = max(1, len(x) // MANY_POINTS)
    axes.plot(x, values.mean(axis=0), markevery=every, label=f"{curves.name} {measure}", **line)
    if len(values) > 1:
        axes.fill_between(x, values.min(axis=0), values.max(axis=0), color=line["color"], **BAND)


def _marker(curves: Curves) -> dict[str, Any]:
    variant = run_styles.VARIANTS[curves.flags]
    return {"marker": variant.marker, "color": run_styles.colour(curves.architecture, variant.shade)}


def _set_axes(panels: np.ndarray, curves: Sequence[Curves]) -> None:
    """Scales and labels; `panels` are Axes, (2, columns), that share them."""
    for axes in panels.flat:
        scales.count_axis(axes, (x for one in curves for x in one.thousands), "training images seen, thousands")
    for (axes, *_), label in zip(panels, AXIS_LABELS.values(), strict=True):
        scales.log_axis(axes, axes.yaxis)
        axes.set_ylabel(label)
    for axes in panels[0]:
        axes.set_xlabel("")


def _legend(groups: Sequence[Curves], published: bool) -> list[Line2D | Patch]:
    """An entry for each variant's marker and for each kind of line."""
    grey = {"color": style.GREY, "markersize": 5}
    variants = [run_styles.VARIANTS[flags] for flags in dict.fromkeys(curves.flags for curves in groups)]
    handles = [Line2D([], [], linestyle="", marker=variant.marker, label=variant.name, **grey) for variant in variants]
    names = {"val": "validation", "train": "training"}
    if groups:
        handles += [Line2D([], [], marker="o", label=names[split], **line, **grey) for split, line in LINES.items()]
    if published:
        handles.append(Line2D([], [], label="training as published in 2018", **PUBLISHED, **grey))
    return handles + band_entry(groups)


def band_entry(groups: Sequence[Curves]) -> list[Patch]:
    """The legend's entry for the band over seeds; none if no group has several."""
    if all(len(curves.measures["val_error"]) == 1 for curves in groups):
        return []
    return [Patch(color=style.GREY, label="mean of seeds; band: lowest to highest", **BAND)]
