"""Estimates with intervals: the ablation, test errors, and these against cost."""

import pytest
from matplotlib.colors import to_hex

from pipeline.figures import ablation, accuracy, cost, scales
from tests.support.drawn import EFFECTS, SCORES


def test_effects_are_in_percentage_points_and_unfair_ones_hollow():
    panels = ablation.draw_ablation(EFFECTS).axes
    labels = [[text.get_text() for text in axes.get_yticklabels()] for axes in panels]
    assert labels == [["dropout: a − b"], ["pooling: c − d"]]  # a panel for each architecture
    fair, unfair = (bars[0] for axes in panels for bars in axes.containers)
    assert list(fair.get_xdata()) == [pytest.approx(-0.1)]
    assert to_hex(fair.get_markerfacecolor()) == "#4459d1"
    assert (list(unfair.get_xdata()), unfair.get_markerfacecolor()) == ([2.0], "white")
    assert [text.get_text() for axes in panels for text in axes.texts] == ["−0.10", "+2.00 *"]


def test_figure_without_effects():
    (axes,) = ablation.draw_ablation([]).axes
    assert [text.get_text() for text in axes.texts] == ["no two runs differ in one component"]


def test_cost_figure_has_a_point_per_score_and_room_for_no_error():
    left, right = cost.draw_cost(SCORES).axes
    assert [bars[0].get_xdata()[0] for bars in left.containers] == [0.716234, 56.753866]
    assert [bars[0].get_xdata()[0] for bars in right.containers] == [8, 600]
    assert [bars[0].get_ydata()[0] for bars in left.containers] == [1.0, scales.MIN_ERROR]
    low, high = left.get_ylim()
    assert low < scales.MIN_ERROR < 1.3 < high  # the ends of intervals are inside the axes, with the points' offsets
    assert left.get_xlim()[0] < 0.716234 < 56.753866 < left.get_xlim()[1]


def test_accuracy_figure_has_a_row_per_score_with_its_seeds_and_what_was_published():
    axes = accuracy.draw_accuracy(SCORES).axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["lenet-dropout (2 seeds)", "custom-plain"]
    first, second = axes.containers
    assert (first[0].get_xdata()[0], second[0].get_xdata()[0]) == (1.0, scales.MIN_ERROR)
    assert first[2][0].get_segments()[0][:, 0].tolist() == pytest.approx([0.8, 1.3])
    others = [line.get_xdata().tolist() for line in axes.lines if line not in (*first[1], *second[1])]
    assert others == [[1.0], [0.9, 1.1], [0.76], [scales.MIN_ERROR]]  # mean, seeds, published; mean
    assert axes.get_xscale() == "log"
    (top,) = axes.child_axes
    assert top.xaxis.get_major_formatter()(0.5) == "99.5"  # the accuracy above an error rate
    legend = [text.get_text() for text in axes.figure.legends[0].get_texts()]
    assert legend == ["published in 2018", "one seed; filled: their mean"]


def test_error_axis_tells_98_from_99_7_per_cent():
    axes = accuracy.draw_accuracy([SCORES[0]._replace(error=(1.0, 0.3, 2.0))]).axes[0]
    low, middle, high = axes.transData.transform([(0.3, 0), (1, 0), (2, 0)])[:, 0]
    width = axes.get_window_extent().width
    assert (middle - low) / width > 0.3 and (high - middle) / width > 0.15
