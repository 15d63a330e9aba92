"""Histograms of weights as they are read, of the present form of the file and of the former one."""

import numpy as np
import pytest

from pipeline.formats.histograms import read_histograms
from pipeline.formats.tables import write_json


def test_tails_are_apart_and_the_first_epoch_is_0(tmp_path):
    entry = {"low": -2.0, "high": 2.0, "below": [0, 1], "above": [0, 2], "counts": [[4, 5, 1], [3, 3, 1]]}
    write_json(tmp_path / "histograms.json", {"conv1": entry})
    found = read_histograms(tmp_path / "histograms.json")["conv1"]
    assert (found.low, found.high, found.deviation, found.epochs, found.weights) == (-2, 2, 0.5, [0, 1], 10)
    np.testing.assert_allclose(found.shares, [[40, 50, 10], [30, 30, 10]])
    assert found.outside.tolist() == pytest.approx([0, 30])


def test_the_outermost_bins_of_a_former_file_are_its_tails(tmp_path):
    write_json(tmp_path / "histograms.json", {"conv1": {"low": -2.0, "high": 2.0, "counts": [[1, 3, 4, 2]]}})
    found = read_histograms(tmp_path / "histograms.json")["conv1"]
    assert (found.low, found.high, found.deviation, found.epochs, found.weights) == (-1, 1, 0.5, [1], 10)
    assert (found.counts.tolist(), found.below.tolist(), found.above.tolist()) == ([[3, 4]], [1], [2])
