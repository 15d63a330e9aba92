"""Reading histograms.json: how the weights of each kernel were distributed after each epoch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.formats.result_files import read_result

RANGE_IN_DEVIATIONS = 4.0  # of He's initialisation, on either side of 0


@dataclass(frozen=True)
class Histogram:
    """Counts of one kernel's weights in equal bins from `low` to `high`, and of those `below` and `above`.

    `epochs` are ascending, 0 being the initial weights; `counts` is int (epochs, bins), `below` and `above` are int
    (epochs,). `deviation` is the standard deviation of He's initialisation of a layer of this shape.
    """

    low: float
    high: float
    deviation: float
    epochs: list[int]
    counts: np.ndarray
    below: np.ndarray
    above: np.ndarray

    @property
    def shares(self) -> np.ndarray:
        """Per cent of the weights in each bin after each epoch, float64 (epochs, bins)."""
        return 100 * self.counts / self.weights

    @property
    def outside(self) -> np.ndarray:
        """Per cent of the weights below `low` or above `high` after each epoch, float64 (epochs,)."""
        return 100 * (self.below + self.above) / self.weights

    @property
    def weights(self) -> int:
        """The number of weights."""
        return int(self.counts[0].sum() + self.below[0] + self.above[0])


def read_histograms(path: Path) -> dict[str, Histogram]:
    """Layer name to histogram; also of files without epoch 0, whose outermost bins count the weights beyond them."""
    return {layer: _histogram(entry) for layer, entry in read_result(path).items()}


def _histogram(entry: dict[str, Any]) -> Histogram:
    counts, low, high = np.array(entry["counts"]), entry["low"], entry["high"]
    deviation = high / RANGE_IN_DEVIATIONS
    if "below" in entry:
        below, above = np.array(entry["below"]), np.array(entry["above"])
        return Histogram(low, high, deviation, list(range(len(counts))), counts, below, above)
    width = (high - low) / counts.shape[1]
    inner = counts[:, 1:-1]
    epochs = list(range(1, len(counts) + 1))
    return Histogram(low + width, high - width, deviation, epochs, inner, counts[:, 0], counts[:, -1])
