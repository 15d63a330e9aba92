"""Loss and accuracy of all runs against epoch, in one figure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from pipeline.figures import run_styles, style

Rows = Sequence[Mapping[str, float]]
TITLE = "Validation: solid, filled. Training: dashed, hollow. Grey: training with dropout, as published in 2018."
AXIS_LABELS = {"loss": "cross-entropy loss (log)", "accuracy": "accuracy (logit)"}
LINES = {"train": {"linestyle": "--", "fillstyle": "none"}, "val": {"linestyle": "-", "fillstyle": "full"}}
SPREAD = 1.3  # factor between the x positions of the first and the last run with a single epoch
ACCURACY_TICKS = (0.1, 0.5, 0.9, 0.99, 0.999)
ACCURACY_LIMITS = (0.05, 0.9999)  # a logit axis has neither 0 nor 1; values outside are drawn at the edge


class RunCurves(NamedTuple):
    """One run's history; `flags` are (pooling, dropout, batch_norm)."""

    run: str
    architecture: str
    flags: tuple[bool, bool, bool]
    history: Rows


@style.applied()
def draw_all_curves(runs: Sequence[RunCurves], published: Mapping[str, Rows]) -> Figure:
    """Draw a row of panels per architecture, loss left and accuracy right, with the same scales in all rows.

    `published` maps architectures to rows of epoch, training loss and accuracy; without runs only these are drawn.
    """
    architectures = list(dict.fromkeys(curves.architecture for curves in runs)) or list(published)
    drawing = style.figure(11, 0.5 + 2.9 * len(architectures))
    drawing.suptitle(TITLE)
    panels = drawing.subplots(len(architectures), 2, squeeze=False, sharex=True, sharey="col")
    for (loss, accuracy), architecture in zip(panels, architectures, strict=True):
        chosen = [curves for curves in runs if curves.architecture == architecture]
        for axes, measure in ((loss, "loss"), (accuracy, "accuracy")):
            _panel(axes, measure, chosen, published.get(architecture, []))
            axes.set_title(architecture)
        handles = _legend(chosen, architecture in published)
        accuracy.legend(handles=handles, loc="center left", bbox_to_anchor=(1.02, 0.5))
    longest = max(len(rows) for rows in (*published.values(), *(curves.history for curves in runs)))
    _set_scales(*panels[0], longest)
    return drawing


def _panel(axes: Axes, measure: str, runs: Sequence[RunCurves], published: Rows) -> None:
    x = [row["epoch"] for row in published]
    axes.plot(x, [row[measure] for row in published], ".:", color=style.GREY, label="published")
    for index, curves in enumerate(runs):
        _plot_run(axes, measure, curves, SPREAD ** ((index + 0.5) / len(runs) - 0.5))
    axes.set_xlabel("epoch (log)")
    axes.set_ylabel(AXIS_LABELS[measure])
    axes.tick_params(labelbottom=True)
    axes.grid(True)


def _plot_run(axes: Axes, measure: str, curves: RunCurves, shift: float) -> None:
    """Draw a training and a validation curve; a single point is moved by the factor `shift`, so that none is hidden."""
    epochs = [row["epoch"] * (shift if len(curves.history) == 1 else 1) for row in curves.history]
    for split, line in LINES.items():
        values = [row[f"{split}_{measure}"] for row in curves.history]
        values = np.clip(values, *ACCURACY_LIMITS) if measure == "accuracy" else values
        axes.plot(epochs, values, **line, **_marker(curves), markersize=4, label=f"{curves.run} {split}")


def _marker(curves: RunCurves) -> dict[str, Any]:
    variant = run_styles.VARIANTS[curves.flags]
    return {"marker": variant.marker, "color": run_styles.colour(curves.architecture, variant.shade)}


def _set_scales(loss: Axes, accuracy: Axes, epochs: int) -> None:
    """Set log and logit scales, which spread out accuracies near 1, with plain numbers at their ticks."""
    loss.set_yscale("log")
    loss.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    accuracy.set_yscale("logit")
    accuracy.set_ylim(*ACCURACY_LIMITS)
    accuracy.yaxis.set_major_locator(FixedLocator(ACCURACY_TICKS))
    loss.set_xscale("log")
    loss.set_xlim(0.8, epochs * 1.25)
    loss.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    for axis in (loss.yaxis, accuracy.yaxis, loss.xaxis):
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _legend(runs: Sequence[RunCurves], published: bool) -> list[Line2D]:
    """One entry per variant: the run's name, or the variant's where several runs have it."""
    handles = []
    for flags in dict.fromkeys(curves.flags for curves in runs):
        same = [curves for curves in runs if curves.flags == flags]
        label = same[0].run if len(same) == 1 else f"{run_styles.VARIANTS[flags].name} ({len(same)} runs)"
        handles.append(Line2D([], [], **_marker(same[0]), label=label))
    if published:
        handles.append(Line2D([], [], linestyle=":", marker=".", color=style.GREY, label="published training"))
    return handles
