"""Estimates with intervals: the ablation, and accuracy against cost."""

import pytest
from matplotlib.colors import to_hex

from pipeline.figures import ablation, cost
from tests.support.drawn import COSTS, EFFECTS


def test_effects_are_in_percentage_points_and_unfair_ones_hollow():
    panels = ablation.draw_ablation(EFFECTS).axes
    labels = [[text.get_text() for text in axes.get_yticklabels()] for axes in panels]
    assert labels == [["dropout: a − b"], ["pooling: c − d"]]  # a panel for each architecture
    fair, unfair = (bars[0] for axes in panels for bars in axes.containers)
    assert list(fair.get_xdata()) == [pytest.approx(-0.1)]
    assert to_hex(fair.get_markerfacecolor()) == "#4459d1"
    assert (list(unfair.get_xdata()), unfair.get_markerfacecolor()) == ([2.0], "white")


def test_figure_without_effects():
    (axes,) = ablation.draw_ablation([]).axes
    assert [text.get_text() for text in axes.texts] == ["no two runs differ in one component"]


def test_cost_figure_has_a_point_per_run_and_room_for_no_error():
    left, right = cost.draw_cost(COSTS).axes
    assert [bars[0].get_xdata()[0] for bars in left.containers] == [0.716234, 56.753866]
    assert [bars[0].get_xdata()[0] for bars in right.containers] == [8, 600]
    assert [bars[0].get_ydata()[0] for bars in left.containers] == [pytest.approx(0.01), 1e-5]
    assert left.get_ylim()[0] > left.get_ylim()[1]  # fewer errors above
    assert left.get_ylim()[0] > 0.013  # the end of the worst interval is inside the axes, with the points' offsets
    assert left.get_ylim()[1] < 1e-5
    assert left.get_xlim()[0] < 0.716234 < 56.753866 < left.get_xlim()[1]
