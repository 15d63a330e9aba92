"""Weights: histograms over the epochs, and a violin for each kernel."""

import numpy as np

from pipeline.figures import weight_histograms, weight_violins
from tests.support.drawn import kernels


def test_histograms_have_a_line_per_layer_and_epoch_for_up_to_four_epochs():
    histograms = {name: {"low": -1, "high": 1, "counts": [[9] + [1] * 14 + [9]] * 20} for name in ("conv1", "output")}
    (axes,) = weight_histograms.draw_weight_histograms(histograms, "vgg-plain", "vgg").axes
    assert len(axes.lines) == 8
    assert all(line.get_xdata().tolist() == [-1.0, 1.0] for line in axes.lines)  # of four bins, all but the clipped
    assert all(len(set(line.get_ydata())) == 1 for line in axes.lines)
    assert [text.get_text() for text in axes.get_yticklabels()] == ["conv1", "output"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["epoch 1", "epoch 7", "epoch 14", "epoch 20"]


def test_violins_have_a_panel_per_kernel_titled_with_its_layer():
    panels = weight_violins.draw_violins(kernels(), "lenet-plain", 3).axes
    assert [axes.get_title() for axes in panels] == ["conv1", "conv2", "dense1", "output"]
    assert [axes.get_xlabel() for axes in panels] == ["3×3×1×4", "3×3×4×8", "200×100", "100×10"]
    assert all(axes.collections for axes in panels)


def test_thirteen_kernels_wrap_into_rows_of_five():
    kernel = np.zeros((2, 2), np.float32)
    panels = weight_violins.draw_violins({f"conv{index}": kernel for index in range(13)}, "custom-plain", 3).axes
    rows = [axes.get_subplotspec().rowspan.start for axes in panels]
    assert rows == [0] * 5 + [1] * 5 + [2] * 3


def test_large_kernels_are_sampled_with_a_seed():
    large = np.arange(50_000, dtype=np.float32).reshape(100, 500)
    drawn = weight_violins.sample(large, 3)
    assert len(np.unique(drawn)) == 10_000
    assert np.array_equal(drawn, weight_violins.sample(large, 3))
    assert not np.array_equal(drawn, weight_violins.sample(large, 4))
    assert weight_violins.sample(large[:1], 3).tolist() == list(range(500))
