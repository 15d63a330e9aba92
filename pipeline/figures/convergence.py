"""Validation error of the published networks against the images seen and against the compute of the training."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pipeline.figures import run_styles, scales, style
from pipeline.figures.all_curves import PUBLISHED, Curves, band_entry, plot

MARKERS = "os^Dv"  # one for each architecture


@style.applied()
def draw_convergence(groups: Sequence[Curves], published: Mapping[str, Curves]) -> Figure:
    """Draw the error rate after each epoch, one line per group, with the band of its seeds.

    Args:
        groups: The runs of networks with the published layers; their dropout rates may be others.
        published: Their training curves of 2018, by architecture; none of data other than the notebook's.
    """
    drawing = style.figure(4.8, 4.0)
    drawing.suptitle("Validation error" + (" here, and training error in 2018" if published else ""))
    panels = drawing.subplots(1, 2, sharey=True)
    markers = dict(zip(dict.fromkeys([*(curves.architecture for curves in groups), *published]), MARKERS, strict=False))
    for axes, unit in zip(panels, ("thousands", "teraflops"), strict=True):
        for name, curves in published.items():
            look = {"marker": markers.get(name, "."), "fillstyle": "none", "markersize": 3.5, "linewidth": 0.9}
            line = PUBLISHED | look | {"color": run_styles.colour(name)}
            plot(axes, curves, "train_error", getattr(curves, unit), **line)
        for curves in groups:
            look = {"color": run_styles.colour(curves.architecture), "marker": markers.get(curves.architecture, "o")}
            plot(axes, curves, "val_error", getattr(curves, unit), **look)
        axes.grid(True)
    values = [*groups, *published.values()]
    scales.count_axis(panels[0], (x for curves in values for x in curves.thousands), "images, thousands")
    scales.count_axis(panels[1], (x for curves in values for x in curves.teraflops), "compute, TFLOP")
    scales.log_axis(panels[0], panels[0].yaxis)
    panels[0].set_ylabel("error rate, % (log)")
    drawing.legend(handles=_legend(groups, markers, bool(published)), loc="outside lower center", ncols=2)
    return drawing


def _legend(groups: Sequence[Curves], markers: Mapping[str, str], published: bool) -> list[Line2D | Patch]:
    handles = [
        Line2D([], [], color=run_styles.colour(name), marker=marker, label=f"{name}, validation")
        for name, marker in markers.items()
        if any(curves.architecture == name for curves in groups)
    ]
    if published:
        line = PUBLISHED | {"marker": "o", "fillstyle": "none", "color": style.GREY}
        handles.append(Line2D([], [], label="training error as published in 2018", **line))
    return handles + band_entry(groups)
