"""The distributions of kernels' weights, and how sure networks are."""

import numpy as np

from pipeline.figures import normality, reliability
from tests.support.drawn import DISTANCES, RELIABILITIES


def test_kernels_have_a_place_each_and_a_line_at_the_threshold():
    panels = np.reshape(normality.draw_normality(DISTANCES, 0.03).axes, (2, 2))
    assert [axes.get_ylabel() for axes in panels[:, 0]] == ["a normal distribution", "its initial distribution"]
    assert [[text.get_text() for text in axes.get_xticklabels()] for axes in panels[1]] == [
        ["conv1", "output"],
        ["dense1"],
    ]
    for axes, expected in zip(panels[:, 0], ([(0, 0.02, "o"), (1, 0.06, "^")], [(0, 0.01, "o")]), strict=True):
        points = [line for line in axes.lines if line.get_marker() in normality.MARKERS.values()]
        assert [(line.get_xdata()[0], line.get_ydata()[0], line.get_marker()) for line in points] == expected
    (limit,) = (line for line in panels[0, 0].lines if line.get_linestyle() == "--")
    assert list(limit.get_ydata()) == [0.03, 0.03]
    assert not [line for line in panels[1, 0].lines if line.get_linestyle() == "--"]


def test_reliability_is_errors_against_doubt_with_shares_below():
    panels = np.reshape(reliability.draw_reliability(RELIABILITIES).axes, (2, 2))
    axes, shares = panels[:, 0]
    assert axes.get_title() == "lenet"
    assert axes.lines[0].get_xydata().tolist() == [[limit, limit] for limit in reliability.LIMITS]  # as sure as right
    (bars,) = axes.containers
    assert (list(bars[0].get_xdata()), list(bars[0].get_ydata())) == ([5.0], [6.0])
    assert bars[2][0].get_segments()[0][:, 1].tolist() == [4.0, 9.0]
    (hollow,) = (line for line in axes.lines if line.get_fillstyle() == "none")  # no error: the upper limit
    assert (list(hollow.get_xdata()), list(hollow.get_ydata())) == ([reliability.LIMITS[0]], [0.4])
    assert list(shares.lines[0].get_ydata()) == [90.0, 10.0]
    assert (axes.get_xscale(), axes.get_yscale(), shares.get_yscale()) == ("log", "log", "log")


def test_without_networks_the_axes_are_empty():
    assert len(reliability.draw_reliability([]).axes) == len(normality.draw_normality([], 0.03).axes) == 2
