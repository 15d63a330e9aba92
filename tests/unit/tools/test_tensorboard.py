"""The event files of `make tensorboard`, read back with TensorFlow."""

from typing import Any

import numpy as np
import pytest

from pipeline.core.paths import RUNS
from pipeline.formats.tables import read_csv, read_json
from pipeline.runtime import session
from tools import tensorboard

RUN = "lenet-batchnorm"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, int], Any]:
    """Plugin, tag and step to array, of a committed run."""
    path = tmp_path_factory.mktemp("logs") / RUN / tensorboard.EVENTS
    tensorboard.write_events(RUNS / RUN, path)
    tf = session.import_tensorflow()
    return {
        (value.metadata.plugin_data.plugin_name, value.tag, event.step): tf.make_ndarray(value.tensor)
        for event in tf.compat.v1.train.summary_iterator(str(path))
        for value in event.summary.value
    }


def test_histograms_from_epoch_0_to_the_last(shown):
    for layer, entry in read_json(RUNS / RUN / "histograms.json").items():
        for epoch in (0, len(entry["counts"]) - 1):
            rows = shown["histograms", f"weights/{layer}", epoch]
            inner = rows[(rows[:, 0] >= entry["low"]) & (rows[:, 1] <= entry["high"])]
            assert inner[:, 2].tolist() == entry["counts"][epoch]
            assert (inner[0, 0], inner[-1, 1]) == (entry["low"], entry["high"])
            assert rows[:, 2].sum() == sum(entry["counts"][epoch]) + entry["below"][epoch] + entry["above"][epoch]
            assert (rows[1:, 0] == rows[:-1, 1]).all()


def test_weights_outside_the_bins_are_in_wide_ones_that_end_at_the_extremes():
    counts = np.array([[1, 2, 3], [2, 2, 0]])
    histogram = tensorboard.Histogram(-1.0, 2.0, 1.0, [0, 1], counts, np.array([0, 1]), np.array([0, 4]))
    assert tensorboard.buckets(histogram, 0, -0.5, 1.5).tolist() == [[-1, 0, 1], [0, 1, 2], [1, 2, 3]]
    assert tensorboard.buckets(histogram, 1, -3.0, 9.0).tolist() == [
        [-3, -1, 1],
        [-1, 0, 2],
        [0, 1, 2],
        [1, 2, 0],
        [2, 9, 4],
    ]


def test_curves_are_those_of_the_history_as_float32(shown):
    for row in read_csv(RUNS / RUN / "history.csv"):
        for name in ("val_accuracy", "val_loss", "train_loss"):
            assert shown["scalars", name, int(row["epoch"])] == np.float32(row[name])
            assert shown["scalars", name, int(row["epoch"])].dtype == np.float32
