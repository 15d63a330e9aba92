"""Loss and accuracy of all runs against epoch, in one picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from pipeline.figures import run_styles, style

Rows = Sequence[Mapping[str, float]]
TITLE = "Validation: solid, filled. Training: dashed, hollow. Grey: training with dropout, as published in 2018."
ACCURACIES = (0.1, 0.5, 0.9, 0.99, 0.999)
LABELS = {"loss": "cross-entropy loss (log)", "accuracy": "accuracy (logit)"}
MANY = 8  # runs of an architecture from which on variants are drawn instead, as means and ranges
SPREAD = 1.3  # factor between the places of the first and the last single point of an epoch
ACCURACY_LIMITS = (0.05, 0.9999)  # a logit axis has neither 0 nor 1; what lies outside is drawn at the edge


class Curves(NamedTuple):
    """One run's history; `flags` are (pooling, dropout, batch_norm)."""

    run: str
    architecture: str
    flags: tuple[bool, bool, bool]
    history: Rows


@style.applied()
def draw_all(histories: Sequence[Curves], published: Mapping[str, Rows]) -> Figure:
    """All runs: a row for each architecture, loss left, accuracy right, equal scales in all rows.

    `published` maps an architecture to its rows of epoch, training loss and training accuracy; without any run, these
    alone are drawn.
    """
    architectures = list(dict.fromkeys(curves.architecture for curves in histories)) or list(published)
    drawing = style.figure(11, 0.5 + 2.9 * len(architectures))
    drawing.suptitle(TITLE)
    panels = drawing.subplots(len(architectures), 2, squeeze=False, sharex=True, sharey="col")
    for (loss, accuracy), architecture in zip(panels, architectures, strict=True):
        chosen = [curves for curves in histories if curves.architecture == architecture]
        _panel(loss, "loss", architecture, chosen, published.get(architecture, []))
        _panel(accuracy, "accuracy", architecture, chosen, published.get(architecture, []))
        entries = _legend(chosen, architecture in published)
        accuracy.legend(handles=entries, loc="center left", bbox_to_anchor=(1.02, 0.5))
    longest = max(len(rows) for rows in (*published.values(), *(curves.history for curves in histories)))
    _scales(*panels[0], longest)
    return drawing


def save_all(path: Path, histories: Sequence[Curves], published: Mapping[str, Rows]) -> None:
    """Write `draw_all` to `path`."""
    style.save(draw_all(histories, published), path)


def _panel(axes: Axes, measure: str, architecture: str, chosen: Sequence[Curves], published: Rows) -> None:
    x = [row["epoch"] for row in published]
    axes.plot(x, [row[measure] for row in published], ".:", color=style.GREY, label="published")
    if len(chosen) > MANY:
        for flags in dict.fromkeys(curves.flags for curves in chosen):
            _band(axes, measure, [curves for curves in chosen if curves.flags == flags])
    else:
        for place, curves in enumerate(chosen):
            _run(axes, measure, curves, SPREAD ** ((place + 0.5) / len(chosen) - 0.5))
    axes.set_title(architecture)
    axes.set_xlabel("epoch (log)")
    axes.set_ylabel(LABELS[measure])
    axes.tick_params(labelbottom=True)
    axes.grid(True)


def _run(axes: Axes, measure: str, curves: Curves, shift: float) -> None:
    """Draw a run's training and validation curve; single points, which would hide each other, stand `shift` aside."""
    look = run_styles.VARIANTS[curves.flags]
    colour = run_styles.colour(curves.architecture, look.shade)
    epochs = [row["epoch"] * (shift if len(curves.history) == 1 else 1) for row in curves.history]
    for split, line, fill in (("train", "--", "none"), ("val", "-", "full")):
        values = [row[f"{split}_{measure}"] for row in curves.history]
        marker = {"marker": look.marker, "markersize": 4, "fillstyle": fill}
        if measure == "accuracy":
            values = np.clip(values, *ACCURACY_LIMITS)
        axes.plot(epochs, values, line, color=colour, **marker, label=f"{curves.run} {split}")


def _band(axes: Axes, measure: str, alike: Sequence[Curves]) -> None:
    """Draw the mean curves of runs that look alike, and the range of their validation curves."""
    look = run_styles.VARIANTS[alike[0].flags]
    colour = run_styles.colour(alike[0].architecture, look.shade)
    epochs = range(1, max(len(curves.history) for curves in alike) + 1)
    for split, line, fill in (("train", "--", "none"), ("val", "-", "full")):
        key = f"{split}_{measure}"
        values = [
            [curves.history[epoch - 1][key] for curves in alike if len(curves.history) >= epoch] for epoch in epochs
        ]
        marker = {"marker": look.marker, "markersize": 4, "fillstyle": fill}
        low, mean, high = ([of(one) for one in values] for of in (min, np.mean, max))
        if measure == "accuracy":
            low, mean, high = (np.clip(one, *ACCURACY_LIMITS) for one in (low, mean, high))
        if split == "val":
            axes.fill_between(epochs, low, high, color=colour, alpha=0.15, linewidth=0)
        axes.plot(epochs, mean, line, color=colour, **marker, label=f"{look.name} {split}")


def _scales(loss: Axes, accuracy: Axes, epochs: int) -> None:
    """Log and logit scales, which spread out what is nearly right, with plain numbers at their ticks."""
    loss.set_yscale("log")
    loss.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    accuracy.set_yscale("logit")
    accuracy.set_ylim(*ACCURACY_LIMITS)
    accuracy.yaxis.set_major_locator(FixedLocator(ACCURACIES))
    loss.set_xscale("log")
    loss.set_xlim(0.8, epochs * 1.25)
    loss.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    for axis in (loss.yaxis, accuracy.yaxis, loss.xaxis):
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _legend(chosen: Sequence[Curves], published: bool) -> list[Line2D]:
    """One entry for each look: the run's name, or the variant's where several runs share it."""
    handles = []
    for flags in dict.fromkeys(curves.flags for curves in chosen):
        look = run_styles.VARIANTS[flags]
        same = [curves for curves in chosen if curves.flags == flags]
        label = same[0].run if len(same) == 1 else f"{look.name} ({len(same)} runs)"
        colour = run_styles.colour(same[0].architecture, look.shade)
        handles.append(Line2D([], [], marker=look.marker, color=colour, label=label))
    if published:
        handles.append(Line2D([], [], linestyle=":", marker=".", color=style.GREY, label="published training"))
    return handles
