"""Curves: of one run against epochs, of all runs against images and compute."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from pipeline.figures import all_curves, convergence, learning_curves, scales, style
from tests.support.drawn import CURVES, DROPOUT, HISTORY, PLAIN, PUBLISHED, curves


def test_loss_figure_has_the_form_of_the_notebook():
    (axes,) = learning_curves.draw_loss(HISTORY, "lenet-plain").axes
    validation, train = axes.lines
    assert (validation.get_label(), list(validation.get_ydata())) == ("Validation Loss", [0.2, 0.1])
    assert (train.get_label(), list(train.get_ydata())) == ("Train Loss", [0.5, 0.3])
    assert (to_hex(validation.get_color()), to_hex(train.get_color())) == ("#0072b2", "#d55e00")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "Categorical Crossentropy Loss")
    assert validation.get_linestyle() != train.get_linestyle()
    assert validation.get_marker() != train.get_marker()
    assert axes.get_legend() is not None


@pytest.mark.parametrize(
    ("epochs", "ticks"), [(1, [1]), (2, [1, 2]), (20, [1, 5, 10, 15, 20]), (120, [1, 20, 40, 60, 80, 100, 120])]
)
def test_ticks_are_whole_epochs(epochs, ticks):
    history = [HISTORY[0] | {"epoch": float(epoch + 1)} for epoch in range(epochs)]
    (axes,) = learning_curves.draw_loss(history, "lenet-plain").axes
    low, high = axes.get_xlim()
    assert list(axes.get_xticks()) == ticks
    assert low < 1 <= epochs < high


def test_all_curves_have_error_above_loss_and_two_curves_per_group():
    panels = np.reshape(all_curves.draw_all_curves(CURVES, PUBLISHED).axes, (2, 2))
    assert [axes.get_title() for axes in panels[0]] == ["lenet", "vgg"]
    assert [axes.get_ylabel() for axes in panels[:, 0]] == ["error rate, % (log)", "cross-entropy loss (log)"]
    assert [len(axes.lines) for axes in panels.flat] == [5, 2, 5, 2]  # published, then two of each group
    published, train, validation = panels[0, 0].lines[:3]
    assert (published.get_color(), list(published.get_ydata())) == (style.GREY, [15.16, 4.0])
    assert (train.get_linestyle(), list(train.get_ydata())) == ("--", [12, 6])
    assert (validation.get_linestyle(), list(validation.get_ydata())) == ("-", [6, 3])
    assert list(panels[1, 0].lines[2].get_ydata()) == [6 / 40, 3 / 40]
    assert list(published.get_xdata()) == [60, 120]  # thousands of images, not epochs
    assert list(validation.get_xdata()) == [10, 20]


@pytest.mark.parametrize("place", [0, 1])
def test_seeds_are_a_mean_in_a_band_from_lowest_to_highest(place):
    drawing = all_curves.draw_all_curves(CURVES, {}) if place else convergence.draw_convergence(CURVES[1:2], {})
    axes = drawing.axes[0]
    mean = axes.lines[-1 if place else 0]
    assert list(mean.get_ydata()) == [6, (scales.MIN_ERROR + 2) / 2]  # no error at all is drawn as the lowest
    (band,) = (band for band in axes.collections if band.get_paths()[0].vertices[:, 1].max() < 8)
    corners = {tuple(point) for point in band.get_paths()[0].vertices.tolist()}
    assert {(10.0, 5.0), (10.0, 7.0), (20.0, scales.MIN_ERROR), (20.0, 2.0)} <= corners
    assert "mean of seeds; band: lowest to highest" in legend(drawing)
    assert not any("seeds" in text for text in legend(all_curves.draw_all_curves(CURVES[:1], {})))


def legend(drawing):
    return [text.get_text() for text in drawing.legends[0].get_texts()]


def test_convergence_is_drawn_against_images_and_compute():
    left, right = convergence.draw_convergence(CURVES[1:], PUBLISHED).axes
    assert list(left.lines[0].get_ydata()) == list(right.lines[0].get_ydata()) == [15.16, 4.0]
    assert list(left.lines[2].get_xdata()) == [2, 4]  # thousands of images
    assert list(right.lines[2].get_xdata()) == [2000 * 2e8 / 1e12, 4000 * 2e8 / 1e12]
    assert len({line.get_marker() for line in left.lines[1:]}) == 2  # told apart without colours, too
    assert (left.get_yscale(), left.get_xlabel()) == ("log", "images, thousands (log)")


@pytest.mark.parametrize(("sizes", "scale"), [((1000, 5000), "linear"), ((1000, 6000), "log")])
def test_images_have_a_log_axis_if_budgets_differ_by_more_than_ten_times(sizes, scale):
    groups = [curves("a", "lenet", PLAIN, (3.0, 2.0), size=size) for size in sizes]
    axes = all_curves.draw_all_curves(groups, {}).axes[-1]
    assert axes.get_xscale() == scale
    assert axes.get_xlabel() == "training images seen, thousands" + (" (log)" if scale == "log" else "")


def test_published_curves_without_runs():
    panels = all_curves.draw_all_curves([], PUBLISHED).axes
    assert [len(axes.lines) for axes in panels] == [1, 1]
    assert [len(axes.lines) for axes in convergence.draw_convergence([], PUBLISHED).axes] == [1, 1]


def test_a_variant_has_one_entry_in_the_legend():
    many = [curves(f"lenet-{index}", "lenet", DROPOUT, (3.0,)) for index in range(40)]
    assert legend(all_curves.draw_all_curves(many, {})) == ["dropout", "training", "validation"]
