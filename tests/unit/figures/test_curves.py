"""Curves against epochs: of one run, and of all runs."""

import pytest
from matplotlib.colors import to_hex

from pipeline.figures import all_curves, learning_curves, style
from tests.support.drawn import HISTORY, PUBLISHED, RUNS


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


def test_all_curves_have_two_panels_per_architecture_and_two_curves_per_run():
    panels = all_curves.draw_all_curves(RUNS, PUBLISHED).axes
    assert [axes.get_title() for axes in panels] == ["lenet", "lenet", "vgg", "vgg"]
    assert [len(axes.lines) for axes in panels] == [5, 5, 3, 3]  # published, then training and validation of each run
    assert [text.get_text() for text in panels[1].get_legend().get_texts()] == [
        "lenet-plain",
        "lenet-dropout",
        "published training",
    ]
    published, train, validation = panels[0].lines[:3]
    assert (published.get_color(), list(published.get_ydata())) == (style.GREY, [0.4831])
    assert (train.get_linestyle(), list(train.get_ydata())) == ("--", [0.5, 0.3])
    assert (validation.get_linestyle(), list(validation.get_ydata())) == ("-", [0.2, 0.1])


def test_perfect_accuracy_is_drawn_inside_the_axes():
    accuracy = all_curves.draw_all_curves(RUNS[:1], PUBLISHED).axes[1]
    assert list(accuracy.lines[1].get_ydata()) == [0.85, 0.9999]
    assert accuracy.get_ylim() == (0.05, 0.9999)


def test_published_curves_without_runs():
    panels = all_curves.draw_all_curves([], {"lenet": PUBLISHED["lenet"]}).axes
    assert [len(axes.lines) for axes in panels] == [1, 1]


def test_epoch_axis_ends_with_the_longest_curve():
    assert all_curves.draw_all_curves(RUNS[1:2], {}).axes[0].get_xlim() == (0.8, 1.25)
    assert all_curves.draw_all_curves(RUNS[:1], {}).axes[0].get_xlim() == (0.8, 2.5)


def test_runs_of_one_variant_share_a_legend_entry():
    seeds = [all_curves.RunCurves(f"lenet-dropout-{seed}", "lenet", (True, True, False), HISTORY) for seed in range(40)]
    legend = all_curves.draw_all_curves(seeds, {}).axes[1].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["dropout (40 runs)"]


def test_single_points_are_drawn_side_by_side_near_their_epoch():
    seeds = [all_curves.RunCurves(f"vgg-{seed}", "vgg", (True, True, False), HISTORY[:1]) for seed in range(8)]
    places = [line.get_xdata()[0] for line in all_curves.draw_all_curves(seeds, {}).axes[0].lines[2::2]]
    assert len(set(places)) == 8
    assert 0.85 < min(places) < 1 < max(places) < 1.15
