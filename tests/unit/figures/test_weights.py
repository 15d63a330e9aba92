"""A violin for each kernel's weights."""

import numpy as np

from pipeline.figures import weight_violins
from tests.support.drawn import kernels


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
