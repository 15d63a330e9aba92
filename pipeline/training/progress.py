"""How far a training has come, and the files that record it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.files import write_text
from pipeline.formats.tables import write_csv
from pipeline.training.weight_statistics import histogram_range, kernel_histogram, kernel_statistics


@dataclass
class Progress:
    """Completed epochs, completed steps of the next epoch, and everything measured so far.

    `trained` holds the training metrics of an epoch whose steps are done and whose validation is not.
    `history`, `weights` and `histograms` depend on the inputs alone; `times` and `system` differ between equal runs.
    """

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    trained: dict[str, float] | None = None
    history: list[dict[str, float]] = field(default_factory=list)
    weights: list[dict[str, Any]] = field(default_factory=list)
    histograms: dict[str, dict[str, Any]] = field(default_factory=dict)
    times: list[dict[str, float]] = field(default_factory=list)
    system: list[dict[str, float]] = field(default_factory=list)

    def add_epoch(self, row: dict[str, float], finished: float) -> None:
        """Record an epoch: its metrics, and when it finished in seconds since 1970."""
        self.epoch += 1
        self.step = 0
        self.trained = None
        self.history.append({"epoch": self.epoch, **row})
        seconds = self.seconds - sum(time["seconds"] for time in self.times)
        self.times.append({"epoch": self.epoch, "seconds": round(seconds, 3), "finished": round(finished, 3)})

    def add_kernels(self, kernels: dict[str, np.ndarray], initial: dict[str, np.ndarray]) -> None:
        """Record the kernels by layer after `epoch` epochs; 0 are the initial ones."""
        for name, kernel in kernels.items():
            self.weights.append({"epoch": self.epoch, "layer": name, **kernel_statistics(kernel, initial[name])})
            limit = histogram_range(kernel.shape)
            empty = {"low": -limit, "high": limit, "below": [], "above": [], "counts": []}
            entry = self.histograms.setdefault(name, empty)
            for key, value in zip(("counts", "below", "above"), kernel_histogram(kernel), strict=True):
                entry[key].append(value)

    def write(self, folder: Path) -> None:
        """Write history.csv, weights.csv and histograms.json, once an epoch is complete."""
        if not self.history:
            return
        write_csv(folder / "history.csv", self.history)
        write_csv(folder / "weights.csv", self.weights)
        write_text(folder / "histograms.json", _histograms_json(self.histograms))


def _histograms_json(histograms: dict[str, dict[str, Any]]) -> str:
    """JSON with one line per epoch, the initial weights first, so that git shows readable differences."""
    layers = []
    for name, entry in histograms.items():
        head = ", ".join(f'"{key}": {entry[key]}' for key in ("low", "high", "below", "above"))
        counts = ",\n".join(f"  {row}" for row in entry["counts"])
        layers.append(f'"{name}": {{{head}, "counts": [\n{counts}]}}')
    return "{\n" + ",\n".join(layers) + "\n}\n"
